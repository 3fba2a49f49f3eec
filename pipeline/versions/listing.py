"""What is known of each pushed version, from what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from widedeep.components.pusher import version_info
from widedeep.components.pusher.push import versions
from widedeep.pipeline.local.disk_usage import disk_bytes
from widedeep.pipeline.local.workdir import Workdir


@dataclass(frozen=True)
class Version:
    """One version; what it does not tell is None or empty.

    Attributes:
        version: its number.
        serves: whether servers take it, as TF Serving takes the highest number.
        pushed: when it appeared, UTC, ISO 8601.
        metrics: of the candidate that it was, and of its baseline.
        baseline: the model that it was compared with (see components/pusher/version_info.py).
        spans: that it was trained on.
        run: that pushed its model.
        bytes: on the disk; a version that a rollback put back shares them with the earlier one.
        rollback: of a version that a rollback put back (see components/pusher/version_info.py).
    """

    version: int
    serves: bool
    pushed: str | None
    metrics: dict[str, dict[str, float | None]]
    baseline: dict[str, Any] | None
    spans: list[int]
    run: str | None
    bytes: int
    rollback: dict[str, Any] | None


def listed(workdir: Workdir) -> list[Version]:
    """The versions, rising."""
    found = versions(workdir.models)
    return [_version(number, folder, number == max(found)) for number, folder in found.items()]


def superseded_by(pushed_to: str | None) -> str | None:
    """The version that servers take, where it is not, and holds not again, what a run has pushed.

    Args:
        pushed_to: the pushed version's folder.
    """
    if pushed_to is None:
        return None
    pushed = Path(pushed_to)
    newest = max(versions(pushed.parent).items(), default=None)
    if newest is None or version_info.first_pushed_as(newest[1]) == int(pushed.name):
        return None
    return str(newest[1])


def _version(number: int, folder: Path, serves: bool) -> Version:
    lineage = version_info.read(folder, version_info.LINEAGE)
    rollback = lineage.get("rollback")
    return Version(
        version=number,
        serves=serves,
        pushed=rollback["at"] if rollback else lineage.get("pushed"),
        metrics=version_info.read(folder, version_info.METRICS),
        baseline=lineage.get("baseline"),
        spans=[one["span"] for one in lineage.get("data", [])],
        run=lineage.get("run"),
        bytes=disk_bytes(folder),
        rollback=rollback,
    )
