"""Ids of strings by a vocabulary."""

from __future__ import annotations

import contextlib

import tensorflow as tf
import tensorflow_transform as tft

from widedeep.components.transform.vocabulary_strings import encode


def ids(strings: tf.Tensor, vocabulary: tf.Tensor, oov_buckets: int) -> tf.Tensor:
    """Lines' numbers, and for strings that the file lacks one of the buckets after them, int64 [n].

    As tft.apply_vocabulary makes them, but with few operations where there is one bucket.

    Args:
        strings: of any bytes, [n].
        vocabulary: as tft.vocabulary returns it.
        oov_buckets: how many buckets there are.
    """
    # With one bucket, what is not found is in it: there is nothing to hash.
    lookup = _lookup if oov_buckets == 1 else None
    return tft.apply_vocabulary(encode(strings), vocabulary, num_oov_buckets=oov_buckets, lookup_fn=lookup)


def _lookup(lines: tf.Tensor, path: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The lines' numbers, of others the number of lines; and how many ids there are."""
    with contextlib.ExitStack() as stack:
        if tf.inside_function() and not tf.is_symbolic_tensor(path):
            # As TFT does it: a table is made, and counted, once, not at each call.
            stack.enter_context(tf.init_scope())
        table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                path, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
            ),
            default_value=-1,
        )
        size = table.size()
    ids = tf.raw_ops.LookupTableFindV2(table_handle=table.resource_handle, keys=lines, default_value=size)
    return ids, size + 1
