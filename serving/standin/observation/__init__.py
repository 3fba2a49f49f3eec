"""What the stand-in tells of the requests that it answers: metrics, and a log."""
