"""Requests that are sent, good and broken, and who judges the answers."""
