"""A person's files, read by ExampleGen's readers: which they are, how they are written, and what they hold."""
