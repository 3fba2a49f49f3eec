"""The files that a person names to have their rows scored, and what they are by their names."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import PurePath

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.paths import holds_rows

# By the endings of names, behind which may stand that of a compression.
_FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".tfrecord": "tfrecord",
    ".tfrecords": "tfrecord",
}
_PACKED = (".gz", ".bz2", ".zst")


def row_files(names: Sequence[str]) -> list[str]:
    """The files of rows that are meant: of each name the file, what a pattern matches, or all in a folder, sorted.

    Raises:
        ConfigError: there is no such file.
    """
    return list(dict.fromkeys(path for name in names for path in _meant(name)))


def format_of(paths: Sequence[str], otherwise: str | None = None) -> str:
    """What files are, by their names.

    Args:
        paths: the files.
        otherwise: what those are whose names don't say it.

    Raises:
        ConfigError: a name doesn't say, or files are of several formats.
    """
    formats = {_format(path, otherwise): path for path in reversed(paths)}
    if len(formats) > 1:
        each = ", ".join(f"{path} is {name}" for name, path in sorted(formats.items()))
        raise ConfigError(f"DATA: holds several formats: {each}. Name files of one: 'FOLDER/*.csv'")
    return next(iter(formats))


def _meant(name: str) -> list[str]:
    if os.path.isfile(name):
        return [name]
    if os.path.isdir(name):
        inside = glob.glob("**", root_dir=name, recursive=True)
        files = [path for path in inside if os.path.isfile(os.path.join(name, path))]
        paths = [os.path.join(name, path) for path in files if holds_rows(path, "/".join("*" * (path.count("/") + 1)))]
    else:
        paths = [path for path in _matches(name) if holds_rows(path, name)]
    if not paths:
        what = "holds no file of rows" if os.path.isdir(name) else "there is no such file"
        raise ConfigError(f"DATA {name}: {what}.")
    return sorted(paths)


def _matches(pattern: str) -> list[str]:
    if "://" not in pattern:
        return [path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path)]
    import tensorflow as tf

    return [path for path in tf.io.gfile.glob(pattern) if not tf.io.gfile.isdir(path)]


def _format(path: str, otherwise: str | None) -> str:
    endings = [ending.lower() for ending in PurePath(path).suffixes[-2:]]
    if endings and endings[-1] in _PACKED:
        endings.pop()
    if not endings or endings[-1] not in _FORMATS:
        if otherwise:
            return otherwise
        raise ConfigError(
            f"DATA {path}: the name's ending doesn't say what it is: {', '.join(_FORMATS)}. Say it: --format csv"
        )
    return _FORMATS[endings[-1]]
