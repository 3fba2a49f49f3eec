"""What a person's files hold, read by ExampleGen's readers."""
