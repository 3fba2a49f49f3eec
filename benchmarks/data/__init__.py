"""Transform, reading, and how Beam runs."""
