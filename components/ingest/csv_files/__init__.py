"""CSV as programs write it: dialects, rows, and what a file that can't be read may be."""
