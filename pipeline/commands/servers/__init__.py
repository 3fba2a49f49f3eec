"""Commands that serve models, and that ask servers."""
