"""What is measured, and against whom. Each script prints one JSON list as its last line."""
