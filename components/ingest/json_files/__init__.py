"""JSON lines: an object a line."""
