"""Versions that appear and vanish at once: a server that polls the base folder sees all of a version or nothing of it.

What is not yet, or no longer, a version lies beside the versions under a name that no server reads; renaming is atomic
within a file system. A push that fails leaves nothing, and one that is killed a folder whose name starts with a dot,
which the next push removes. One push at a time: a second one at the same base makes the first fail.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from widedeep.components.common.bucket_path import BucketPath
from widedeep.components.common.errors import WideDeepError, reason

# Servers take a version for whole once it is there.
GRAPH = "saved_model.pb"
_PUSHING, _REMOVING = ".pushing-", ".removing-"


def versions(base: Path) -> dict[int, Path]:
    """The versions that a server sees, rising; TF Serving serves the last."""
    paths = base.iterdir() if base.is_dir() else ()
    return dict(sorted((int(path.name), path) for path in paths if re.fullmatch("[0-9]+", path.name)))


def push(model: Path, base: Path) -> Path:
    """Copies a SavedModel to the next version under `base` and returns that version's folder.

    Raises:
        WideDeepError: it could not be written; no version has appeared and none has changed.
    """
    return _publish(base, lambda hidden: shutil.copytree(model, hidden))


def push_again(version: Path, changed: Mapping[str, str]) -> Path:
    """Makes an earlier version the next one beside it, and returns the new folder.

    The files are hard links, where the file system has them, but for those that differ.

    Args:
        version: the earlier version's folder.
        changed: the new text of each file that differs, by its path in the folder.

    Raises:
        WideDeepError: as `push`.
    """
    if isinstance(version, BucketPath):
        return _copy_in_bucket(version, changed)

    def write(hidden: Path) -> None:
        shutil.copytree(version, hidden, copy_function=_link)
        for name, text in changed.items():
            path = hidden / name
            path.parent.mkdir(exist_ok=True)
            # The old text is the earlier version's too.
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8")

    return _publish(version.parent, write)


def _copy_in_bucket(version: BucketPath, changed: Mapping[str, str]) -> Path:
    """Nothing can be renamed at once there: what servers wait for comes last, as in a push."""
    # A time stamp, as a push there makes it, and later than all that are there.
    number = max(int(time.time()), max(versions(version.parent)) + 1)
    target = version.parent / str(number)
    texts = {name: text.encode() for name, text in changed.items()}
    names = {str(path.relative_to(version)) for path in version.rglob("*") if path.is_file()} | set(texts)
    for name in sorted(names, key=lambda name: name == GRAPH):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(texts.get(name) or (version / name).read_bytes())
    return target


def prune(base: Path, keep: int) -> None:
    """Removes the oldest versions beyond the newest `keep`, at least 1: so never the one that serves.

    A version that can't be removed is no reason to fail: the next push tries again.
    """
    for number, folder in list(versions(base).items())[:-keep]:
        try:
            os.rename(folder, base / f"{_REMOVING}{number}")
            shutil.rmtree(base / f"{_REMOVING}{number}")
        except OSError as error:
            logging.warning("version %d could not be removed from %s: %s", number, base, reason(error))


def equal(folder: Path, other: Path, but: Collection[str]) -> bool:
    """Whether two folders hold the same files, byte for byte, leaving out those of some paths in them."""
    names = [
        {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} - set(but)
        for root in (folder, other)
    ]
    return names[0] == names[1] and all(_same(folder / name, other / name) for name in names[0])


def _same(file: Path, other: Path) -> bool:
    if isinstance(file, BucketPath) or isinstance(other, BucketPath):
        return file.read_bytes() == other.read_bytes()
    return filecmp.cmp(file, other, shallow=False)


def _publish(base: Path, write: Callable[[Path], object]) -> Path:
    try:
        base.mkdir(parents=True, exist_ok=True)
        for left in (*base.glob(f"{_PUSHING}*"), *base.glob(f"{_REMOVING}*")):
            shutil.rmtree(left)
        version = max(versions(base), default=0) + 1
        hidden = base / f"{_PUSHING}{version}"
        try:
            write(hidden)
            _sync(hidden)
            os.rename(hidden, base / str(version))
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
    except OSError as error:
        raise WideDeepError(
            f"the model could not be pushed to {base}: {_why(error)} No version has changed."
        ) from error
    # The version is there; only a power cut right now could still undo it. So a failure here is none of the push's.
    with contextlib.suppress(OSError):
        _sync_entry(base)
    return base / str(version)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _why(error: OSError) -> str:
    text = reason(error)
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        # copytree goes on after an error and gathers (from, to, text) of each file.
        text = reason(error.args[0][0][2])
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or any(os.strerror(n) in text for n in (errno.ENOSPC, errno.EDQUOT)):
        return "the disk is full. Free some space and run the same command again."
    return f"{text}. Mend that and run the same command again."


def _sync(folder: Path) -> None:
    """Content reaches the disk before the name does."""
    for path in folder.rglob("*"):
        if path.is_file():
            _sync_entry(path)
    for path in (folder, *folder.rglob("*/")):
        # Some network file systems can't sync a folder.
        with contextlib.suppress(OSError):
            _sync_entry(path)


def _sync_entry(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
