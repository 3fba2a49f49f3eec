"""What the benchmarks share: fresh processes, data, environments of peers, figures."""
