"""Parquet files: their columns, and those that they bar."""
