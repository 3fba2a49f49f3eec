"""What one pass over labels and scores keeps, and what follows from it: metrics, their noise, plots."""
