"""What stands for code and for files in cache keys: digests of what they hold."""
