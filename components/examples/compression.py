"""How the files of examples are compressed."""

from __future__ import annotations

import tensorflow as tf

# They are read a few times at most. At zlib's own level (6) packing raw rows takes a third of ingestion, and packing
# transformed ones as long as all else that is done with a row; at this one the files are a fourth and a twelfth larger.
COMPRESSION = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
