"""The dry run: the candidate as a server, asked with real rows before anyone else can ask it."""
