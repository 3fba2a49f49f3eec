"""What columns and pairs of them tell of the label, measured on rows that were not learned from."""
