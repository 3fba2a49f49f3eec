"""Raw rows of any file as a model takes them, and apart from them those that can't be scored."""
