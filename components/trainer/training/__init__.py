"""Training: the joint step and its optimizers, epochs, checkpoints, evaluation."""
