"""What the metadata say, read once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ml_metadata.proto import metadata_store_pb2

from widedeep.components.metadata.properties import BLESSED, JUDGED_MODEL, ROLLED_BACK

Artifact: TypeAlias = metadata_store_pb2.Artifact
Event: TypeAlias = metadata_store_pb2.Event


@dataclass(frozen=True)
class Known:
    """Artifacts by id, with their types' names, and what each run's executions read and made.

    Attributes:
        store: ML Metadata's.
        artifacts: all, by id.
        kinds: the name of each artifact's type, by the artifact's id.
        runs: the executions of each run, by its id, the runs in order.
        began: when each run began, in milliseconds since 1970.
    """

    store: Any
    artifacts: dict[int, Artifact]
    kinds: dict[int, str]
    runs: dict[str, list[metadata_store_pb2.Execution]]
    began: dict[str, int]

    def live(self, kind: str) -> list[Artifact]:
        """The artifacts of a type that can still be used, in order of their ids."""
        return [one for number, one in sorted(self.artifacts.items()) if self.kinds[number] == kind and usable(one)]

    def used(self, runs: Collection[str]) -> set[int]:
        """Ids of the artifacts that some runs' executions read or made, or found in the cache."""
        return {event.artifact_id for event in self._events(runs)}

    def widest_window(self, runs: Collection[str]) -> int:
        """How many spans those runs trained on at most; 1 where none trained."""
        counts: dict[int, int] = {}
        for event in self._events(runs):
            one = self.artifacts.get(event.artifact_id)
            if one is not None and event.type == Event.INPUT and self.is_span(one):
                counts[event.execution_id] = counts.get(event.execution_id, 0) + 1
        return max(counts.values(), default=1)

    def is_span(self, artifact: Artifact) -> bool:
        """Whether ExampleGen wrote it: only then TFX notes a span beside the artifact's own property of that name."""
        return self.kinds[artifact.id] == "Examples" and "span" in artifact.custom_properties

    def blessings(self) -> list[tuple[Artifact, Artifact]]:
        """The blessed models, each with its blessing, the latest first (see components/resolvers/baseline.py)."""
        refused = self.refused()
        return [
            (model, blessing)
            for model, blessing in self.all_blessings()
            if ROLLED_BACK not in model.custom_properties and model.id not in refused
        ]

    def refused(self) -> dict[int, Artifact]:
        """The last dry run of each model that did not pass it, by the model's id."""
        last = {
            one.custom_properties[JUDGED_MODEL].int_value: one
            for one in self.live("InfraBlessing")
            if JUDGED_MODEL in one.custom_properties
        }
        return {model: one for model, one in last.items() if one.custom_properties[BLESSED].int_value != 1}

    def all_blessings(self) -> list[tuple[Artifact, Artifact]]:
        """The same, with the models that failed their dry run or were rolled back."""
        models = {one.id: one for one in self.live("Model")}
        found = []
        for blessing in reversed(self.live("ModelBlessing")):
            properties = blessing.custom_properties
            if BLESSED in properties and properties[BLESSED].int_value == 1:
                judged = properties[JUDGED_MODEL].int_value
                found += [(models[judged], blessing)] if judged in models else []
        return found

    def _events(self, runs: Collection[str]) -> list[Event]:
        executions = [execution.id for run in runs for execution in self.runs.get(run, [])]
        return list(self.store.get_events_by_execution_ids(executions)) if executions else []


def usable(artifact: Artifact) -> bool:
    """Whether an artifact is neither marked as deleted nor gone from the disk."""
    return artifact.state != Artifact.DELETED and Path(artifact.uri).exists()


def mark_deleted(store: Any, artifacts: Collection[Artifact]) -> None:
    """Marks artifacts, so that no later run is handed them."""
    for artifact in artifacts:
        artifact.state = Artifact.DELETED
    if artifacts:
        store.put_artifacts(list(artifacts))


def read(store: Any) -> Known:
    """Reads the metadata of a working directory."""
    names = {one.id: one.name for one in store.get_artifact_types()}
    artifacts = {one.id: one for one in store.get_artifacts()}
    contexts = _in_order(store.get_contexts_by_type("pipeline_run"))
    return Known(
        store,
        artifacts,
        {number: names[one.type_id] for number, one in artifacts.items()},
        {one.name: list(store.get_executions_by_context(one.id)) for one in contexts},
        {one.name: one.create_time_since_epoch for one in contexts},
    )


def _in_order(contexts: Iterable[metadata_store_pb2.Context]) -> list[metadata_store_pb2.Context]:
    # Names of runs sort as the runs do (see pipeline/local/workdir.py).
    return sorted(contexts, key=lambda one: one.name)
