"""What each step of the pipeline does. Rooms depend on each other one way: see pyproject.toml, importlinter."""
