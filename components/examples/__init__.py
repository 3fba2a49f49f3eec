"""Files of tf.Examples, as ingestion writes them, read in whole batches."""
