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
    if "://" in place:
        return
    folder = Path(place)
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        user, group = os.getuid(), os.getgid()
        raise ConfigError(
            f"{place}: {what} can't be written there by user {user}: {error.strerror}. Is the claim mounted? Then, as "
            f"the volume's owner: chown -R {user}:{group} {place}"
        ) from None
