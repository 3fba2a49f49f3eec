"""The pushed versions of a working directory: what is known of each, and putting an earlier one back."""
