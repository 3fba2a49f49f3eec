"""The raw files that a pipeline reads."""

from __future__ import annotations

import os

import tensorflow as tf

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.paths import literal, matching_files
from widedeep.components.ingest.sql.address import address_in
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.definition.spans.span_pattern import SpanPattern


def input_files(data: DataOptions) -> list[str]:
    """The files that the patterns match, of all spans; those that a server was asked for come last. Of queries none.

    Raises:
        ConfigError: there is no such folder, or a pattern matches none; or the database's address is not there.
    """
    if data.connection is not None:
        address_in(data.connection)
        return []
    patterns = [*data.patterns, *filter(None, [data.serving])]
    return [path for pattern in patterns for path in pattern_files(data, pattern)]


def pattern_files(data: DataOptions, pattern: str) -> list[str]:
    """The files of one pattern.

    Raises:
        ConfigError: as `input_files`.
    """
    _check_folder(data.path)
    return matching_files(_in(data, pattern))


def _check_folder(path: str) -> None:
    if "://" in path or os.path.isdir(path):
        return
    if os.path.exists(path):
        folder, name = os.path.split(path)
        raise ConfigError(
            f"data.path: {path} is a file, and a folder is wanted: write {folder}, and name the file in data.pattern "
            f"beside data.hash_split, or in data.splits: {name}"
        )
    raise ConfigError(f"data.path: there is no folder {path}.")


def _in(data: DataOptions, pattern: str) -> str:
    return os.path.join(literal(data.path), SpanPattern(pattern).glob())


def input_bytes(data: DataOptions) -> int:
    """The size of all these files together.

    Raises:
        ConfigError: a pattern matches none.
    """
    return sum(tf.io.gfile.stat(path).length for path in input_files(data))
