"""A folder by a path that Beam and TensorFlow take literally."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from widedeep.components.common.errors import WideDeepError, reason
from widedeep.serving.literal_path import PATTERN_SIGNS

# Stays over a restart of the machine, and is the same in every environment.
_LASTING = Path("/var/tmp")  # noqa: S108  (what lies there is a folder that others can't write)


def plain_path(folder: Path) -> Path:
    """The folder itself, or a link to it where a part of its path would stand for other names ([, *, ?).

    Beam and TensorFlow match the names of files that they have written, and of folders that they read, as patterns. The
    link's path goes into metadata and cache keys: it is the same each time, and is made again where it is gone.

    Args:
        folder: absolute.

    Raises:
        WideDeepError: the link can't be made.
    """
    if not PATTERN_SIGNS & set(str(folder)):
        return folder
    base = _LASTING if os.access(_LASTING, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    place = base / f"widedeep-{os.getuid()}"
    link = place / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        status = place.lstat()
        # In a folder that all may write to, another may have come first, whose links would lead elsewhere.
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
            raise PermissionError("is not a folder of this user's alone")
        if not link.is_symlink():
            _clear(place)
            link.symlink_to(folder, target_is_directory=True)
    except OSError as error:
        raise WideDeepError(
            f"{place}: links to folders whose paths have [, *, ? or \\ in them can't be made there: "
            f"{error.strerror or reason(error)}. Mend that, or choose another folder than {folder} with --workdir."
        ) from None
    return link


def _clear(place: Path) -> None:
    """Removes links to folders that are gone; one that comes back gets its link again."""
    for link in place.iterdir():
        if link.is_symlink() and not link.exists():
            link.unlink(missing_ok=True)
