"""What a model is worth: much simpler models of the same rows beside it, and each feature's importance to it."""
