"""PyTorch, in an environment of its own."""
