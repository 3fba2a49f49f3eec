"""A run's record: its types, how it is built from the artifacts, how it is told."""
