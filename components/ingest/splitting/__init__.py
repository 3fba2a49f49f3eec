"""Which split a row belongs to, and which files are read for it."""
