"""How a process is set up: its environment, what it imports, and what Beam need not work out twice."""
