"""LightGBM, in an environment of its own."""
