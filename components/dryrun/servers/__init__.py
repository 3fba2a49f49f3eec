"""The servers that a dry run can start, and why one did not do what it should."""
