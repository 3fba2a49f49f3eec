"""Commands that work on pushed models."""
