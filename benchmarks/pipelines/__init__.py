"""Whole pipelines: quality, days, and the taxi example."""
