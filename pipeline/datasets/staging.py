"""The folder a data set is written to: whole or not at all, and never over somebody's own files."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.datasets.files import Split, Summary

# Lists what we wrote, so that a later run knows whether the folder holds anything else.
MARKER = ".widedeep-dataset.json"


@dataclass
class Staging:
    """A data set being written: whoever writes to `folder` fills in `splits`."""

    name: str
    out: Path
    folder: Path
    splits: Mapping[str, Split] = field(default_factory=dict)

    def summary(self) -> Summary:
        """The splits, with their paths in the final folder."""
        final = {
            name: replace(split, path=self.out / split.path.relative_to(self.folder))
            for name, split in self.splits.items()
        }
        return Summary(self.name, self.out, MappingProxyType(final))


@contextmanager
def stage(name: str, out: Path) -> Iterator[Staging]:
    """Gives a temporary folder beside `out`, which becomes `out` if the block ends well.

    Raises:
        ConfigError: `out` holds anything but a data set of ours, or can't be replaced.
        DataError: the folder can't be written.
    """
    target = out.resolve()
    try:
        _refuse_foreign(target, out)
        # Beside the target, as a rename is atomic only inside one file system.
        folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            folder.mkdir(parents=True)
            yield (staging := Staging(name, out, folder))
            _write_marker(staging)
            _put_in_place(folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise DataError(
            f"can't write the data set to '{out}': {error}. Choose a folder that you may write to, on a disk with room."
        ) from error


def _entries(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def _write_marker(staging: Staging) -> None:
    listing = {"dataset": staging.name, "entries": [*_entries(staging.folder), MARKER]}
    text = json.dumps(listing, indent=1) + "\n"
    (staging.folder / MARKER).write_text(text, encoding="utf-8")


def _own_entries(target: Path) -> set[str]:
    """The entries that our marker lists; none without a marker of ours."""
    try:
        listing = json.loads((target / MARKER).read_text(encoding="utf-8"))
        return {str(entry) for entry in listing["entries"]}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return set()


def _refuse_foreign(target: Path, out: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ConfigError(f"--out '{out}' is a file. Name a new or empty folder.")
    ours = _own_entries(target)
    # Without a marker one look is enough: the folder may be somebody's whole home.
    entries: Iterable[str] = _entries(target) if ours else os.listdir(target)
    foreign = sorted(set(entries) - ours)
    if foreign:
        raise ConfigError(
            f"--out '{out}' holds files that are not a data set of widedeep, such as "
            f"'{foreign[0]}'; nothing was written. Name a new or empty folder, or move them away."
        )
    if target.is_mount() or Path.cwd().is_relative_to(target):
        raise ConfigError(
            f"--out '{out}' is a mount point or holds the current folder, so it can't be replaced. "
            "Name a new folder inside it."
        )


def _put_in_place(folder: Path, target: Path) -> None:
    """Renames `folder` to `target`; an earlier `target` is put back if that fails."""
    if not target.exists():
        os.replace(folder, target)
        return
    old = folder.with_suffix(".old")
    os.replace(target, old)
    try:
        os.replace(folder, target)
    except OSError:
        os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
