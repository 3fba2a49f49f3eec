"""Training: examples in blocks, the joint step and its optimizers, epochs, checkpoints, evaluation."""
