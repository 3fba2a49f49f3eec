"""Numbers that examples can't hold: what a file's look like in 64 bits, and what of that is a fault."""
