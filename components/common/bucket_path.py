"""Paths in an object store ("gs://BUCKET/FOLDER"), asked and changed as those of files here are."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PosixPath
from typing import Any, Self

from widedeep.components.common.errors import WideDeepError, reason


def location(place: str) -> Path:
    """The path that a text names: of a folder here, or in an object store."""
    return BucketPath(place) if "://" in place else Path(place)


class BucketPath(PosixPath):
    """A path whose file system is TensorFlow's for its scheme; what is not overridden here finds nothing there.

    A store has objects, and no folders: one is there as long as an object's name begins with it.

    Raises:
        WideDeepError: the store does not answer, or refuses.
    """

    def __str__(self) -> str:
        # pathlib has made one slash of two.
        scheme, colon, rest = super().__str__().partition(":/")
        return f"{scheme}://{rest}" if colon else scheme

    def resolve(self, strict: bool = False) -> Self:  # noqa: ARG002
        """The path itself: there are no links."""
        return self

    def is_symlink(self) -> bool:
        """Never."""
        return False

    def exists(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002
        """Whether there is an object, or a folder, of that name."""
        return bool(self._ask("exists"))

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002
        """Whether it is a folder."""
        return bool(self._ask("isdir"))

    def is_file(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002
        """Whether it is an object."""
        return self.exists() and not self.is_dir()

    def lstat(self) -> os.stat_result:
        """Size and time of change; the rest of a status a store does not know."""
        status = self._ask("stat")
        seconds = status.mtime_nsec // 1_000_000_000
        mode = stat.S_IFDIR if status.is_directory else stat.S_IFREG
        return os.stat_result((mode, 0, 0, 0, 0, 0, status.length, seconds, seconds, seconds))

    def iterdir(self) -> Iterator[Self]:  # type: ignore[override]
        """What lies in the folder, each name once."""
        names = {name.rstrip("/") for name in self._ask("listdir")}
        yield from (self / name for name in sorted(names - {""}))

    def glob(self, pattern: str, **_: Any) -> Iterator[Self]:  # type: ignore[override]
        """What lies there and matches, part by part."""
        first, _slash, rest = pattern.partition("/")
        for path in self.iterdir() if self.is_dir() else ():
            if fnmatch.fnmatchcase(path.name, first):
                yield from path.glob(rest) if rest else (path,)

    def rglob(self, pattern: str, **_: Any) -> Iterator[Self]:  # type: ignore[override]
        """The same of all folders within."""
        for path in self.iterdir():
            if fnmatch.fnmatchcase(path.name, pattern):
                yield path
            if path.is_dir():
                yield from path.rglob(pattern)

    def open(self, mode: str = "r", *_: Any, **__: Any) -> Any:
        """An object, to be read or written; an earlier one is replaced once it is closed."""
        import tensorflow as tf

        return tf.io.gfile.GFile(str(self), mode)

    def write_bytes(self, data: Any) -> int:
        """Makes an object of a content."""
        import tensorflow as tf

        try:
            with self.open("wb") as file:
                file.write(bytes(data))
        except tf.errors.OpError as error:
            raise self._refusal(error) from None
        return len(data)

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:  # noqa: ARG002
        """Makes a folder, and those above it."""
        self._ask("makedirs")

    def remove(self) -> None:
        """Removes an object, or a folder with all that lies in it."""
        self._ask("rmtree" if self.is_dir() else "remove")

    def _ask(self, question: str) -> Any:
        # Only here: most paths are of folders on this machine.
        import tensorflow as tf

        try:
            return getattr(tf.io.gfile, question)(str(self))
        except tf.errors.OpError as error:
            raise self._refusal(error) from None

    def _refusal(self, error: Any) -> WideDeepError:
        # Some say no more than a code.
        return WideDeepError(f"{self}: the store says: {reason(error.message) or type(error).__name__}.")
