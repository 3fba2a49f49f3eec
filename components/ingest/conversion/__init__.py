"""Raw files into the TFRecord shards of their splits, a file a worker."""
