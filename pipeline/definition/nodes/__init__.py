"""The pipeline's nodes, from the settings: what each reads, and what its cache key holds."""
