"""Pushes a blessed model so that a server that polls sees all of a version or nothing."""
