"""Rows of Criteo's shape, and the models that benchmarks/training/criteo_shape.py trains on them."""
