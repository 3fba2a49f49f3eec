"""What lies on the disk that no artifact accounts for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from widedeep.pipeline.local.workdir import Workdir

# TFX's own: what an executor is told and answers, and its temporary files.
_SCRATCH = ".system"
# Where the Trainer and the Tuner keep what a killed training or search can carry on from.
_UNFINISHED = "unfinished"
# What to remove, and why.
Leftovers = Iterator[tuple[Path, str]]


def orphans(workdir: Workdir, uris: Collection[str]) -> Leftovers:
    """Outputs of executions that were killed: folders as TFX names them, ARTIFACTS/NODE/OUTPUT/EXECUTION."""
    for path in sorted(workdir.artifacts.glob("*/*/*")):
        if path.name.isdecimal() and str(path) not in uris:
            yield path, "left by an execution that was killed"


def scratch(workdir: Workdir, before: float) -> Leftovers:
    """Scratch files and unfinished trainings that nothing has written to since a time, in seconds since 1970."""
    for path in sorted(workdir.artifacts.glob(f"*/{_SCRATCH}/*/*")):
        if _last_written(path) < before:
            yield path, "TFX's scratch files"
    for path in sorted(workdir.artifacts.glob(f"*/*/{_UNFINISHED}/*")):
        if _last_written(path) < before:
            yield path, "a training or search that was not carried on"


def runs(workdir: Workdir, first: str, before: Collection[str]) -> Leftovers:
    """Folders of the runs before the first one that is kept.

    Args:
        workdir: has them.
        first: that one; here its name says when it began, and so do those of runs that the metadata never knew.
        before: the runs before it that the metadata know.
    """
    for path in sorted(workdir.runs.glob("*")):
        if path.name in before or (not workdir.shared and path.name < first):
            yield path, "log and report of an earlier run"


def schemas(workdir: Workdir, used: Collection[str]) -> Leftovers:
    """Schemas that are not used. A run writes its own again, where it is not there."""
    for path in sorted(workdir.schemas.glob("*")):
        if str(path) not in used:
            yield path, "a schema of earlier runs"


def _last_written(path: Path) -> float:
    return max(file.lstat().st_mtime for file in (path, *path.rglob("*")))
