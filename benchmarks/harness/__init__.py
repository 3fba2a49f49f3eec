"""What the benchmarks share: figures and where they are kept, processes, environments of peers, the data."""
