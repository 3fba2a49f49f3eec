"""Raw files in (CSV, TSV, JSON lines, Parquet, TFRecord), typed and checked tf.Examples out."""
