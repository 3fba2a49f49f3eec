"""The raw files that a pipeline reads."""

from __future__ import annotations

import os

import tensorflow as tf

from widedeep.components.ingest.paths import literal, matching_files
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.definition.spans import SpanPattern


def input_files(data: DataOptions) -> list[str]:
    """The files that the patterns match, of all spans; those that a server was asked for come last.

    Raises:
        ConfigError: a pattern matches none.
    """
    patterns = [*data.patterns, *filter(None, [data.serving])]
    return [path for pattern in patterns for path in matching_files(_in(data, pattern))]


def _in(data: DataOptions, pattern: str) -> str:
    return os.path.join(literal(data.path), SpanPattern(pattern).glob())


def input_bytes(data: DataOptions) -> int:
    """The size of all these files together.

    Raises:
        ConfigError: a pattern matches none.
    """
    return sum(tf.io.gfile.stat(path).length for path in input_files(data))
