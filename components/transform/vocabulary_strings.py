"""Strings as a vocabulary's file holds them.

TFT writes vocabularies as text, a string a line, and leaves out those with a line break or a carriage return; its
other format can't be exported again in the served model. So the file holds the strings in base64 (RFC 4648, section 5,
without padding), which any bytes come back from, and the graph looks values up by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def encode(strings: tf.Tensor) -> tf.Tensor:
    """Strings of any bytes to the text that stands for them in the file, string of the same shape."""
    return tf.io.encode_base64(strings)


def decode(lines: Sequence[bytes]) -> list[bytes]:
    """The strings behind the lines of a vocabulary's file.

    Raises:
        tf.errors.InvalidArgumentError: a line is no base64.
    """
    decoded: list[bytes] = tf.io.decode_base64(tf.constant(lines, tf.string)).numpy().tolist()
    return decoded
