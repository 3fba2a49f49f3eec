"""The package from Python: what the commands `run`, `score` and `rank` do, with pandas' DataFrames in and out."""
