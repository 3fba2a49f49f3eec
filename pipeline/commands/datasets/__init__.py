"""Commands that make a pipeline's input."""
