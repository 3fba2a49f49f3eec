"""Which files a person means, and how they are written."""
