"""How good untouched drafts are: tables of others, the pipelines that `widedeep init` drafts of them, and peers."""
