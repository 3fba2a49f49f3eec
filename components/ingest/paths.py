"""Where raw files are: on a local or a remote file system."""

from __future__ import annotations

import glob
import os
import re
from urllib.parse import unquote

import pyarrow.fs

from widedeep.components.common.errors import ConfigError

# What Spark and Hive call a folder whose rows have no value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def literal(folder: str) -> str:
    """A folder as the beginning of a pattern: a [, a * or a ? in its name stands for itself."""
    return glob.escape(folder)


def span_literal(folder: str) -> str:
    """As `literal`, for a pattern with spans, which TFX reads as a regular expression, too.

    TFX makes [*] of a pattern a broken set, and leaves other signs of regular expressions as they are. So each stands
    in a set that means the same in both; where a set can't hold the sign itself, in a range around it.
    """
    signs = {"[": "[[]", "*": "[)-+]", "?": "[>-@]", "^": "[]-_]", "$": "[$]", "|": "[|]", "{": "[{]", "}": "[}]"}
    return "".join(signs.get(character, character) for character in folder)


def matching_files(pattern: str) -> list[str]:
    """The files of rows that a pattern matches, sorted.

    Raises:
        ConfigError: there is none.
    """
    # Only here, since reading most formats needs no TensorFlow.
    import tensorflow as tf

    matched = sorted(path for path in tf.io.gfile.glob(pattern) if not tf.io.gfile.isdir(path))
    paths = [path for path in matched if holds_rows(path, pattern)]
    if matched and not paths:
        raise ConfigError(
            f"{pattern}: matches only files that hold no rows, as names that begin with '.' or '_' say "
            f"({os.path.basename(matched[0])}). Rename them, or write the mark into the pattern."
        )
    if not paths:
        shown = re.sub(r"\[([\[*?])\]", r"\1", pattern)
        raise ConfigError(f"{shown}: matches no file. See data.path and data.splits in the pipeline's config.")
    return paths


def holds_rows(path: str, pattern: str) -> bool:
    """Whether a file that a pattern matches is data, and no mark, check sum or unfinished part of an engine.

    Names of files and folders that begin with "." or "_" are none, unless the pattern itself begins so there. As in
    Spark a folder "_key=value" is an ordinary one.
    """
    matched, parts = path.split("/"), pattern.split("/")
    # Whatever the file system changed at the beginning, they end alike.
    for name, part in zip(reversed(matched), reversed(parts), strict=False):
        hidden = name.startswith(".") or (name.startswith("_") and "=" not in name)
        if hidden and name[:1] != part[:1]:
            return False
    return True


def folder_values(path: str) -> dict[str, str | None]:
    """The columns that the names of a file's folders hold, as Hive, Spark and Arrow write them.

    Example: "data/dt=2024-01-01/country=__HIVE_DEFAULT_PARTITION__/part-0.csv" has {"dt": "2024-01-01",
    "country": None}.
    """
    values: dict[str, str | None] = {}
    for folder in path.split("/")[:-1]:
        key, equals, value = folder.partition("=")
        if key and equals:
            values[unquote(key)] = None if value == _NO_VALUE else unquote(value)
    return values


def locate(path: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """Arrow's file system that holds a path, and the path in it."""
    if "://" in path:
        filesystem, inner = pyarrow.fs.FileSystem.from_uri(path)
        return filesystem, inner
    return pyarrow.fs.LocalFileSystem(), path
