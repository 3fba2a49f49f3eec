"""A model's folder by a name that TensorFlow takes literally."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATTERN_SIGNS = frozenset("[*?\\")


@contextmanager
def literal_path(folder: Path) -> Iterator[Path]:
    """The folder itself, or a link to it for as long as the context is open.

    To load a model TensorFlow looks for its weights by a pattern of files, in which [, * and ? of the folder's own name
    would stand for others.
    """
    if not PATTERN_SIGNS & set(str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="widedeep-") as place:
        link = Path(place) / "model"
        link.symlink_to(folder.resolve(), target_is_directory=True)
        yield link
