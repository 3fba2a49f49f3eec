"""The report's sections: each module reads its part of a run's record and gives what the templates show of it."""
