"""Where raw files are: on a local or a remote file system."""

from __future__ import annotations

import pyarrow.fs

from widedeep.components.common.errors import ConfigError


def matching_files(pattern: str) -> list[str]:
    """The files that a pattern matches, sorted.

    Raises:
        ConfigError: there is none.
    """
    # Only here, since reading most formats needs no TensorFlow.
    import tensorflow as tf

    paths = sorted(path for path in tf.io.gfile.glob(pattern) if not tf.io.gfile.isdir(path))
    if not paths:
        raise ConfigError(f"{pattern}: matches no file. See data.path and data.splits in the pipeline's config.")
    return paths


def locate(path: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """Arrow's file system that holds a path, and the path in it."""
    if "://" in path:
        filesystem, inner = pyarrow.fs.FileSystem.from_uri(path)
        return filesystem, inner
    return pyarrow.fs.LocalFileSystem(), path
