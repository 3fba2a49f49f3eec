"""Where raw files are: on a local or a remote file system."""

from __future__ import annotations

import glob
import re

import pyarrow.fs

from widedeep.components.common.errors import ConfigError


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
    """The files that a pattern matches, sorted.

    Raises:
        ConfigError: there is none.
    """
    # Only here, since reading most formats needs no TensorFlow.
    import tensorflow as tf

    paths = sorted(path for path in tf.io.gfile.glob(pattern) if not tf.io.gfile.isdir(path))
    if not paths:
        shown = re.sub(r"\[([\[*?])\]", r"\1", pattern)
        raise ConfigError(f"{shown}: matches no file. See data.path and data.splits in the pipeline's config.")
    return paths


def locate(path: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """Arrow's file system that holds a path, and the path in it."""
    if "://" in path:
        filesystem, inner = pyarrow.fs.FileSystem.from_uri(path)
        return filesystem, inner
    return pyarrow.fs.LocalFileSystem(), path
