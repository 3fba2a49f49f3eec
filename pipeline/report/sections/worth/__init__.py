"""What the model is worth: beside much simpler ones, and by feature."""
