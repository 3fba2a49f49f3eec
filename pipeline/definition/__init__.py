"""What is run: the settings, the one pipeline and its nodes, how Beam runs them."""
