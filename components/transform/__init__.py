"""From raw features to ids and numbers: vocabularies, hashes, quantile CDFs and hashed crosses, in one graph."""
