"""Times of raw rows, however they are written."""
