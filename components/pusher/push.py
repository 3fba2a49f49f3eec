"""A push that is atomic: a server that polls the base folder sees all of a version or nothing of it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from pathlib import Path

from components.errors import WideDeepError, reason

_HIDDEN = ".pushing-"


def push(model: Path, base: Path) -> Path:
    """Copies a SavedModel to the next version under `base` and returns that version's folder.

    The copy is made beside the versions under a name that no server reads, and then renamed, which is atomic
    within a file system. A push that fails leaves nothing, and one that is killed a folder whose name starts with
    a dot, which the next push removes. One push at a time: a second one at the same base makes the first fail.

    Raises:
        WideDeepError: it could not be written; no version has appeared and none has changed.
    """
    try:
        base.mkdir(parents=True, exist_ok=True)
        for left in base.glob(f"{_HIDDEN}*"):
            shutil.rmtree(left)
        version = max((int(path.name) for path in base.iterdir() if re.fullmatch("[0-9]+", path.name)), default=0) + 1
        hidden = base / f"{_HIDDEN}{version}"
        try:
            shutil.copytree(model, hidden)
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
