"""Serving an exported model: a local stand-in for TF Serving, and a client of either."""
