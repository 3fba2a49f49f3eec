"""What workers that train together give each other: shares of the examples, gradients, and what the chief decides."""
