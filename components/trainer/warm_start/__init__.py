"""A training that starts from an earlier one: which weights and slots mean the same, and their transfer."""
