"""Transformed examples, read into memory and gathered in batches."""
