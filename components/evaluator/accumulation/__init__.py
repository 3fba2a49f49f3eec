"""What is counted of scored rows: in one pass, by slice and by group."""
