"""Rows that come as values of Python, of JSON lines and of database cursors, as columns of Arrow."""
