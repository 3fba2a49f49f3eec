"""StatisticsGen: TFDV's statistics of each split, read by file."""
