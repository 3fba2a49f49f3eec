"""What libraries take for granted: a home, an account's name, a folder for temporary files, a terminal's letters.

Containers with any user's id, services and cron jobs may have none of them. Keras then fails where it is imported,
Beam where it asks who runs it, and a terminal without UTF-8 where a run's result is shown.
"""

from __future__ import annotations

import atexit
import contextlib
import getpass
import glob
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from widedeep.components.common.errors import ConfigError

_PLACES = ("/tmp", "/var/tmp")  # noqa: S108  (what is made there is a folder of its own)


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
    told = []
    if named and Path(named).absolute() != Path(folder).absolute():
        told = [f"TMPDIR is {named}, where nothing can be written: {folder} is taken instead."]
    if glob.has_magic(folder) or "\\" in folder:
        folder = _literal(folder)
    elif not told:
        return []
    # Programs that are started would look there again.
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    return told


def _literal(folder: str) -> str:
    """A link to a folder whose path TensorFlow and Beam would take for a pattern; it goes with the process.

    Raises:
        ConfigError: there is no place for one.
    """
    for base in _PLACES:
        with contextlib.suppress(OSError):
            place = tempfile.mkdtemp(prefix="widedeep-tmp-", dir=base)
            atexit.register(_remove, place, os.getpid())
            link = os.path.join(place, "files")
            os.symlink(folder, link)
            return link
    raise ConfigError(
        f"the folder for temporary files, {folder}, has a sign that stands for other names ([, *, ? or \\), and no "
        f"link to it can be made in {' or '.join(_PLACES)}. Name another one in TMPDIR."
    )


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
