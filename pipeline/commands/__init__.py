"""A room a kind of command; a module a command of `widedeep`.

Each module holds `command`, and imports nothing heavy before it runs.
"""
