"""What to remove, and what to keep and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from widedeep.components.common.bucket_path import location
from widedeep.components.common.errors import ConfigError
from widedeep.components.metadata.inventory import Inventory, is_open, is_usable
from widedeep.components.metadata.store import Artifact
from widedeep.pipeline.gc import leftovers
from widedeep.pipeline.gc.leftovers import Leftovers
from widedeep.pipeline.gc.retention import reasons_to_keep
from widedeep.pipeline.local.disk_usage import disk_bytes
from widedeep.pipeline.local.workdir import Workdir


@dataclass(frozen=True)
class Removal:
    """A folder or file to remove."""

    path: Path
    bytes: int
    why: str


@dataclass(frozen=True)
class KeptGroup:
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
    kept: list[KeptGroup]

    @property
    def bytes(self) -> int:
        """What is given back."""
        return sum(removal.bytes for removal in self.remove)


def make_plan(inventory: Inventory, workdir: Workdir, keep: int) -> Plan:
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
    order = list(inventory.runs)
    finished = [run for run in order if (workdir.runs / run / "run.json").is_file()]
    # Where there are fewer, all are kept.
    first = finished[-keep] if len(finished) >= keep else ""
    runs = order[order.index(first) :] if first else order
    reasons = reasons_to_keep(inventory, workdir, runs)
    mark = [
        artifact
        for number, artifact in inventory.artifacts.items()
        if artifact.state != Artifact.DELETED and (number not in reasons or not is_usable(artifact))
    ]
    removals = [*_unneeded(inventory, mark), *_orphans(inventory, workdir, runs)]
    if first:
        removals += leftovers.runs(workdir, first, order[: order.index(first)])
        if not workdir.shared:
            # A cluster's cached definitions name their schemas, which are small.
            removals += leftovers.schemas(workdir, _schema_files(inventory, runs))
        removals += leftovers.scratch(workdir, min(inventory.start_times[run] for run in runs) / 1000)
    kept = {number: why for number, why in reasons.items() if is_usable(inventory.artifacts[number])}
    return Plan(mark, [Removal(path, disk_bytes(path), why) for path, why in removals], _groups(inventory, kept))


def _check(inventory: Inventory, workdir: Workdir) -> None:
    for uri in _uris(inventory):
        if not location(uri).is_relative_to(workdir.artifacts):
            raise ConfigError(
                f"{workdir.path}: its metadata speak of {uri}, so it was made elsewhere, where nothing could be "
                "told from leftovers here. Move it back to where it was made."
            )


def _orphans(inventory: Inventory, workdir: Workdir, runs: Collection[str]) -> Leftovers:
    orphans = leftovers.orphans(workdir, set(_uris(inventory)))
    if not workdir.shared:
        return orphans
    # Another node may have come to work meanwhile, whose outputs are not in the metadata yet.
    ended = {
        execution.id
        for run, executions in inventory.runs.items()
        for execution in executions
        if run not in runs or not is_open(execution)
    }
    return ((path, why) for path, why in orphans if int(path.name) in ended)


def _uris(inventory: Inventory) -> list[str]:
    return [artifact.uri for artifact in inventory.artifacts.values()]


def _unneeded(inventory: Inventory, mark: Collection[Artifact]) -> Leftovers:
    """Files of the artifacts to mark, and of those that an interrupted collection marked and did not remove."""
    marked = {artifact.id for artifact in mark}
    for artifact in inventory.artifacts.values():
        path = location(artifact.uri)
        if (artifact.state == Artifact.DELETED or artifact.id in marked) and path.exists():
            yield path, "only earlier runs used it"


def _schema_files(inventory: Inventory, runs: Collection[str]) -> set[str]:
    """The schemas that some runs imported."""
    properties = [execution.custom_properties for run in runs for execution in inventory.runs[run]]
    return {values["schema_file"].string_value for values in properties if "schema_file" in values}


def _groups(inventory: Inventory, reasons: dict[int, str]) -> list[KeptGroup]:
    sizes = defaultdict(list)
    for number, why in reasons.items():
        sizes[why].append(disk_bytes(location(inventory.artifacts[number].uri)))
    return [KeptGroup(why, len(group), sum(group)) for why, group in sizes.items()]
