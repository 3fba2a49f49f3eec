"""What the metadata say, read once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from ml_metadata.proto import metadata_store_pb2

from widedeep.components.common.bucket_path import location
from widedeep.components.metadata.properties import BLESSED, JUDGED_MODEL, ROLLED_BACK
from widedeep.components.metadata.store import Artifact, Event, Execution, Store


@dataclass(frozen=True)
class Inventory:
    """Artifacts by id, with their types' names, and what each run's executions read and made.

    Attributes:
        store: ML Metadata's.
        artifacts: all, by id.
        type_names: the name of each artifact's type, by the artifact's id.
        runs: the executions of each run, by its id, the runs in order.
        start_times: when each run began, in milliseconds since 1970.
    """

    store: Store
    artifacts: dict[int, Artifact]
    type_names: dict[int, str]
    runs: dict[str, list[Execution]]
    start_times: dict[str, int]

    def live(self, type_name: str) -> list[Artifact]:
        """The artifacts of a type that can still be used, in order of their ids."""
        return [
            artifact
            for id_, artifact in sorted(self.artifacts.items())
            if self.type_names[id_] == type_name and is_usable(artifact)
        ]

    def artifacts_of(self, runs: Collection[str]) -> set[int]:
        """Ids of the artifacts that some runs' executions read or made, or found in the cache."""
        return {event.artifact_id for event in self._events(runs)}

    def widest_window(self, runs: Collection[str]) -> int:
        """How many spans those runs trained on at most; 1 where none trained."""
        counts: dict[int, int] = {}
        for event in self._events(runs):
            artifact = self.artifacts.get(event.artifact_id)
            if artifact is not None and event.type == Event.INPUT and self.is_span(artifact):
                counts[event.execution_id] = counts.get(event.execution_id, 0) + 1
        return max(counts.values(), default=1)

    def is_span(self, artifact: Artifact) -> bool:
        """Whether ExampleGen wrote it: only then TFX notes a span beside the artifact's own property of that name."""
        return self.type_names[artifact.id] == "Examples" and "span" in artifact.custom_properties

    def blessings(self) -> list[tuple[Artifact, Artifact]]:
        """The blessed models, each with its blessing, the latest first, as a resolver gives a run its baseline.

        Those are left out that failed their dry run, or that a rollback took out of service.
        """
        failed = self.failed_dry_runs()
        return [
            (model, blessing)
            for model, blessing in self.all_blessings()
            if ROLLED_BACK not in model.custom_properties and model.id not in failed
        ]

    def failed_dry_runs(self) -> dict[int, Artifact]:
        """The last dry run of each model that did not pass it, by the model's id."""
        last = {
            dry_run.custom_properties[JUDGED_MODEL].int_value: dry_run
            for dry_run in self.live("InfraBlessing")
            if JUDGED_MODEL in dry_run.custom_properties
        }
        return {model: dry_run for model, dry_run in last.items() if dry_run.custom_properties[BLESSED].int_value != 1}

    def all_blessings(self) -> list[tuple[Artifact, Artifact]]:
        """As `blessings`, with the models that failed their dry run or were rolled back."""
        models = {model.id: model for model in self.live("Model")}
        pairs = []
        for blessing in reversed(self.live("ModelBlessing")):
            properties = blessing.custom_properties
            if BLESSED in properties and properties[BLESSED].int_value == 1:
                judged = properties[JUDGED_MODEL].int_value
                pairs += [(models[judged], blessing)] if judged in models else []
        return pairs

    def _events(self, runs: Collection[str]) -> list[Event]:
        executions = [execution.id for run in runs for execution in self.runs.get(run, [])]
        return list(self.store.get_events_by_execution_ids(executions)) if executions else []


def is_usable(artifact: Artifact) -> bool:
    """Whether an artifact is neither marked as deleted nor gone from the disk, or its bucket."""
    return artifact.state != Artifact.DELETED and location(artifact.uri).exists()


def is_open(execution: Execution) -> bool:
    """Whether an execution has not ended, as far as the metadata know."""
    return execution.last_known_state in (Execution.NEW, Execution.RUNNING)


def mark_deleted(store: Store, artifacts: Collection[Artifact]) -> None:
    """Marks artifacts, so that no later run is handed them."""
    for artifact in artifacts:
        artifact.state = Artifact.DELETED
    if artifacts:
        store.put_artifacts(list(artifacts))


def read_inventory(store: Store, root: str | None = None) -> Inventory:
    """Reads the metadata of a working directory.

    Args:
        store: ML Metadata's.
        root: of a store that several pipelines share, the folder of the artifacts that are meant, with the runs of the
            pipelines that made them; None where all of it is one working directory's.
    """
    type_names = {artifact_type.id: artifact_type.name for artifact_type in store.get_artifact_types()}
    artifacts = {artifact.id: artifact for artifact in store.get_artifacts() if root is None or _is_in(artifact, root)}
    contexts = _in_order(store.get_contexts_by_type("pipeline_run"))
    runs = {run: list(store.get_executions_by_context(run.id)) for run in map(_Run.of, contexts)}
    if root is not None:
        own = {
            execution.id
            for context in _pipelines(store, root)
            for execution in store.get_executions_by_context(context.id)
        }
        runs = {run: executions for run, executions in runs.items() if own & {execution.id for execution in executions}}
    return Inventory(
        store,
        artifacts,
        {id_: type_names[artifact.type_id] for id_, artifact in artifacts.items()},
        {run.name: executions for run, executions in runs.items()},
        {run.name: run.started for run in runs},
    )


def nodes_of(store: Store, root: str) -> list[str]:
    """The nodes of the pipelines whose artifacts lie in a folder, each as PIPELINE.NODE."""
    prefixes = tuple(f"{context.name}." for context in _pipelines(store, root))
    names = [context.name for context in store.get_contexts_by_type("node")]
    return sorted(name for name in names if name.startswith(prefixes))


def _pipelines(store: Store, root: str) -> list[metadata_store_pb2.Context]:
    """The pipelines, some artifacts of which lie in a folder."""
    return [
        context
        for context in store.get_contexts_by_type("pipeline")
        if any(_is_in(artifact, root) for artifact in store.get_artifacts_by_context(context.id))
    ]


def _is_in(artifact: Artifact, root: str) -> bool:
    return PurePosixPath(artifact.uri).is_relative_to(root)


class _Run(NamedTuple):
    id: int
    name: str
    started: int

    @classmethod
    def of(cls, context: metadata_store_pb2.Context) -> _Run:
        return cls(context.id, context.name, context.create_time_since_epoch)


def _in_order(runs: Iterable[metadata_store_pb2.Context]) -> list[metadata_store_pb2.Context]:
    """By the time at which they began; a cluster's names say nothing of it."""
    return sorted(runs, key=lambda run: (run.create_time_since_epoch, str(run.name)))
