"""The package from Python: what `init`, `run`, `score` and `rank` do, with pandas' DataFrames in and out."""
