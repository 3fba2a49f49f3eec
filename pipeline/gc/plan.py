"""What to remove, and what to keep and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from widedeep.components.common.errors import ConfigError
from widedeep.components.metadata.inventory import Inventory, is_usable
from widedeep.components.metadata.store import Artifact
from widedeep.pipeline.gc import leftovers
from widedeep.pipeline.gc.needed import needed
from widedeep.pipeline.local import disk_usage
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


def planned(inventory: Inventory, workdir: Workdir, keep: int) -> Plan:
    """Plans a collection.

    A run counts where it has finished: runs that failed since then do not use up the number.

    Args:
        inventory: the metadata.
        workdir: held by the caller, so that no run is under way.
        keep: how many finished runs to keep, 1 or more, with all that came after the first of them.

    Raises:
        ConfigError: the metadata speak of another folder.
    """
    _check(inventory, workdir)
    finished = sorted(path.parent.name for path in workdir.runs.glob("*/run.json"))
    # Where there are fewer, all are kept.
    first = finished[-keep] if len(finished) >= keep else ""
    runs = [run for run in inventory.runs if run >= first]
    reasons = needed(inventory, workdir, runs)
    mark = [
        one
        for number, one in inventory.artifacts.items()
        if one.state != Artifact.DELETED and (number not in reasons or not is_usable(one))
    ]
    marked = {one.id for one in mark}
    # With those that an interrupted collection marked and did not remove.
    deleted = [one for one in inventory.artifacts.values() if one.state == Artifact.DELETED or one.id in marked]
    found = [(Path(one.uri), "only earlier runs used it") for one in deleted if Path(one.uri).exists()]
    found += leftovers.orphans(workdir, {one.uri for one in inventory.artifacts.values()})
    if first:
        found += leftovers.runs(workdir, first)
        used = [execution.custom_properties for run in runs for execution in inventory.runs[run]]
        found += leftovers.schemas(workdir, {one["schema_file"].string_value for one in used if "schema_file" in one})
        if runs:
            found += leftovers.stale(workdir, min(inventory.start_times[run] for run in runs) / 1000)
    kept = {number: why for number, why in reasons.items() if is_usable(inventory.artifacts[number])}
    return Plan(mark, [Removal(path, disk_usage.on_disk(path), why) for path, why in found], _grouped(inventory, kept))


def _check(inventory: Inventory, workdir: Workdir) -> None:
    for one in inventory.artifacts.values():
        if not Path(one.uri).is_relative_to(workdir.artifacts):
            raise ConfigError(
                f"{workdir.path}: its metadata speak of {one.uri}, so it was made elsewhere, where nothing could be "
                "told from leftovers here. Move it back to where it was made."
            )


def _grouped(inventory: Inventory, reasons: dict[int, str]) -> list[Kept]:
    groups = defaultdict(list)
    for number, why in reasons.items():
        groups[why].append(disk_usage.on_disk(Path(inventory.artifacts[number].uri)))
    return [Kept(why, len(found), sum(found)) for why, found in groups.items()]
