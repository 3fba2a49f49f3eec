"""Raw files in (CSV, Parquet, TFRecord), typed and checked tf.Examples out."""
