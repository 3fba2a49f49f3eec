"""Whether a run's folders can be written, which its first step finds out for all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from widedeep.components.common.errors import ConfigError


def check_writable(place: str, what: str) -> None:
    """Writes a file where a later step will write, and removes it.

    Args:
        place: a folder, which need not be there yet. Of an object store nothing is asked: who may write there is no
            matter of this process's user.
        what: is to be written, in words.

    Raises:
        ConfigError: it can't be.
    """
    problem = why_unwritable(place)
    if problem:
        raise ConfigError(
            f"{place}: {what} can't be written there by user {os.getuid()}: {problem}. Is the claim mounted? Then, as "
            f"the volume's owner: {giving_away(place)}"
        )


def why_unwritable(place: str) -> str | None:
    """Why no file can be written in a folder, or where it would lie; None where one can, or in an object store."""
    if "://" in place:
        return None
    folder = Path(place)
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return str(error.strerror)
    return None


def giving_away(place: str) -> str:
    """The command that makes a folder this process's user's own."""
    return f"chown -R {os.getuid()}:{os.getgid()} {place}"
