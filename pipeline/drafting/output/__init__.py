"""The draft as files, and as the table that a person sees."""
