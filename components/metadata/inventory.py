"""What the metadata say, once they are read: see inventory_reader."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

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
