"""The parts of times, in the graph: clocks, calendars and time zones."""
