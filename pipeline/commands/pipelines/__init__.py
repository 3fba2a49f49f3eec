"""Commands that work on a pipeline: its runs, and what they leave in its working directory."""
