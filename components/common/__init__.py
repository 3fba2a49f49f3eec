"""What every other room may use: errors for people, settings, metric names, progress, code digests."""
