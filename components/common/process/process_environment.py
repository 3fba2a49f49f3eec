"""What libraries take for granted: a home, an account's name, a folder for temporary files, a terminal's letters.

Containers with any user's id, services and cron jobs may have none of them. Keras then fails where it is imported,
Beam where it asks who runs it, and a terminal without UTF-8 where a run's result is shown.
"""

from __future__ import annotations

import atexit
import getpass
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from widedeep.components.common.errors import ConfigError


def complete_environment() -> list[str]:
    """Gives this process, and those that it starts, what the environment lacks.

    Returns:
        What the person should know of, a sentence each.

    Raises:
        ConfigError: there is no folder for temporary files.
    """
    told = _temporary_files()
    _home()
    _account()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            # A mark that the terminal lacks is no reason to fail.
            stream.reconfigure(errors="replace")
    return told


def _temporary_files() -> list[str]:
    named = os.environ.get("TMPDIR")
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError:
        raise ConfigError(
            "there is no folder for temporary files that can be written, neither TMPDIR nor /tmp or /var/tmp. Make "
            "one, and name it in TMPDIR."
        ) from None
    if not named or Path(named).absolute() == Path(folder).absolute():
        return []
    # Programs that are started would look there again.
    os.environ["TMPDIR"] = folder
    return [f"TMPDIR is {named}, where nothing can be written: {folder} is taken instead."]


def _home() -> None:
    try:
        Path.home()
    except RuntimeError:
        # For this process alone: what another user may have put into a shared one would be read as settings.
        os.environ["HOME"] = home = tempfile.mkdtemp(prefix="widedeep-home-")
        atexit.register(_remove, home, os.getpid())


def _remove(home: str, owner: int) -> None:
    # Not by a process that was forked.
    if os.getpid() == owner:
        shutil.rmtree(home, ignore_errors=True)


def _account() -> None:
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["USER"] = f"uid-{os.getuid()}"
