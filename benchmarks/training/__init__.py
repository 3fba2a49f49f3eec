"""The training step and the whole training, beside peers."""
