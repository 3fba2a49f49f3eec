"""Spans of data: how settings and the names of files write them, and whether they are there."""
