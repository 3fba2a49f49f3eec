"""Running on this machine: the runner, its working directory, and what the person at the terminal sees."""
