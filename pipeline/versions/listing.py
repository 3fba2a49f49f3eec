"""What is known of each pushed version, from what it carries."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from widedeep.components.common.records import Record
from widedeep.components.pusher import version_info
from widedeep.components.pusher.push import versions
from widedeep.pipeline.local.disk_usage import disk_bytes
from widedeep.pipeline.local.workdir import Workdir


class Version(Record):
    """One version; what it does not tell is null or empty."""

    version: int = Field(description="its number")
    serves: bool = Field(description="whether servers take it, as TF Serving takes the highest number")
    pushed: str | None = Field(description="when it appeared, UTC, ISO 8601")
    metrics: version_info.VersionMetrics = Field(description="of the candidate that it was, and of its baseline")
    baseline: version_info.Baseline | None = Field(description="the model that it was compared with")
    spans: list[int] = Field(description="that it was trained on")
    run: str | None = Field(description="that pushed its model")
    bytes: int = Field(description="on the disk; a version that a rollback put back shares them with the earlier one")
    rollback: version_info.Rollback | None = Field(description="that put it back; null where a run pushed it")


class Versions(Record):
    """The versions of a working directory, rising."""

    versions: list[Version] = Field(description="each of them")


def listed(workdir: Workdir) -> list[Version]:
    """The versions, rising."""
    folders = versions(workdir.models)
    return [_version(number, folder, number == max(folders)) for number, folder in folders.items()]


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
    lineage = version_info.read_lineage(folder) or version_info.Lineage()
    return Version(
        version=number,
        serves=serves,
        pushed=lineage.rollback.at if lineage.rollback else lineage.pushed,
        metrics=version_info.read_metrics(folder) or version_info.VersionMetrics(),
        baseline=lineage.baseline,
        spans=[data.span for data in lineage.data],
        run=lineage.run,
        bytes=disk_bytes(folder),
        rollback=lineage.rollback,
    )
