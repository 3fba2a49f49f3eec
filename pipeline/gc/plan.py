"""What to remove, and what to keep and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from widedeep.components.common.errors import ConfigError
from widedeep.components.metadata.inventory import Artifact, Known, usable
from widedeep.pipeline.gc import leftovers
from widedeep.pipeline.gc.needed import needed
from widedeep.pipeline.local.disk_usage import disk_bytes
from widedeep.pipeline.local.workdir import Workdir


@dataclass(frozen=True)
class Removal:
    """A folder or file to remove."""

    path: Path
    bytes: int
    why: str


@dataclass(frozen=True)
class Kept:
    """Artifacts that are kept for one reason."""

    why: str
    artifacts: int
    bytes: int


@dataclass(frozen=True)
class Plan:
    """What a collection does.

    Attributes:
        mark: artifacts to mark as deleted.
        remove: folders and files to remove after that.
        kept: the rest of the artifacts.
    """

    mark: list[Artifact]
    remove: list[Removal]
    kept: list[Kept]

    @property
    def bytes(self) -> int:
        """What is given back."""
        return sum(one.bytes for one in self.remove)


def planned(known: Known, workdir: Workdir, keep: int) -> Plan:
    """Plans a collection.

    A run counts where it has finished: runs that failed since then do not use up the number.

    Args:
        known: the metadata.
        workdir: held by the caller, so that no run is under way.
        keep: how many finished runs to keep, 1 or more, with all that came after the first of them.

    Raises:
        ConfigError: the metadata speak of another folder.
    """
    _check(known, workdir)
    finished = sorted(path.parent.name for path in workdir.runs.glob("*/run.json"))
    # Where there are fewer, all are kept.
    first = finished[-keep] if len(finished) >= keep else ""
    runs = [run for run in known.runs if run >= first]
    reasons = needed(known, workdir, runs)
    mark = [
        one
        for number, one in known.artifacts.items()
        if one.state != Artifact.DELETED and (number not in reasons or not usable(one))
    ]
    marked = {one.id for one in mark}
    # With those that an interrupted collection marked and did not remove.
    deleted = [one for one in known.artifacts.values() if one.state == Artifact.DELETED or one.id in marked]
    found = [(Path(one.uri), "only earlier runs used it") for one in deleted if Path(one.uri).exists()]
    found += leftovers.orphans(workdir, {one.uri for one in known.artifacts.values()})
    if first:
        found += leftovers.runs(workdir, first)
        used = [execution.custom_properties for run in runs for execution in known.runs[run]]
        found += leftovers.schemas(workdir, {one["schema_file"].string_value for one in used if "schema_file" in one})
        if runs:
            found += leftovers.stale(workdir, min(known.began[run] for run in runs) / 1000)
    kept = {number: why for number, why in reasons.items() if usable(known.artifacts[number])}
    return Plan(mark, [Removal(path, disk_bytes(path), why) for path, why in found], _grouped(known, kept))


def _check(known: Known, workdir: Workdir) -> None:
    for one in known.artifacts.values():
        if not Path(one.uri).is_relative_to(workdir.artifacts):
            raise ConfigError(
                f"{workdir.path}: its metadata speak of {one.uri}, so it was made elsewhere, where nothing could be "
                "told from leftovers here. Move it back to where it was made."
            )


def _grouped(known: Known, reasons: dict[int, str]) -> list[Kept]:
    groups = defaultdict(list)
    for number, why in reasons.items():
        groups[why].append(disk_bytes(Path(known.artifacts[number].uri)))
    return [Kept(why, len(found), sum(found)) for why, found in groups.items()]
