"""Requests at a given rate to somebody's own server, and what became of them. It imports no TensorFlow."""
