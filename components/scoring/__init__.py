"""Scores of raw rows by a pushed model's served signature, in batches on Beam."""
