"""What follows from what was seen: pure functions, each of which gives its reason."""
