"""One module a command of `widedeep`; each holds `command`, and imports nothing heavy before it runs."""
