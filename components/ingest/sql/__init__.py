"""Queries to databases as raw rows, streamed, and what tells that their rows have changed."""
