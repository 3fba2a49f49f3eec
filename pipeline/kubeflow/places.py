"""Whether a run's folders can be written, which its first step finds out for all."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path

from widedeep.components.common.bucket_path import BucketPath
from widedeep.components.common.errors import ConfigError, WideDeepError


def check_writable(place: str, what: str) -> None:
    """Writes a file where a later step will write, and removes it.

    Args:
        place: a folder, which need not be there yet, or the address of one in an object store.
        what: is to be written, in words.

    Raises:
        ConfigError: it can't be, in a folder.
        WideDeepError: nor in an object store.
    """
    problem = why_unwritable(place)
    if problem and "://" in place:
        # It may have been the store's fault, and not the settings'.
        raise WideDeepError(
            f"{place}: {what} can't be written there: {problem} May the account that steps work as write to the bucket?"
        )
    if problem:
        raise ConfigError(
            f"{place}: {what} can't be written there by user {os.getuid()}: {problem}. Is the claim mounted? Then, as "
            f"the volume's owner: {giving_away(place)}"
        )


def why_unwritable(place: str) -> str | None:
    """Why no file can be written in a folder, or where it would lie; None where one can."""
    if "://" in place:
        return _why_refused(BucketPath(place) / f".tried-{uuid.uuid4().hex}")
    folder = Path(place)
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return str(error.strerror)
    return None


def _why_refused(target: BucketPath) -> str | None:
    try:
        target.write_bytes(b"")
        target.remove()
    except WideDeepError as error:
        return str(error).removeprefix(f"{target}: ")
    return None


def giving_away(place: str) -> str:
    """The command that makes a folder this process's user's own."""
    return f"chown -R {os.getuid()}:{os.getgid()} {place}"
