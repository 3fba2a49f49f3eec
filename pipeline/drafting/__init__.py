"""Drafts a pipeline's folder from a person's own files: what was seen of them, what follows from it, and why."""
