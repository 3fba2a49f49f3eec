"""What an artifact was made from, for strategies that must not hand an execution its own outcome."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from widedeep.components.metadata.properties import BLESSED, MACHINE_FAULT
from widedeep.components.metadata.store import Artifact, Event, Store


def is_outcome_of(store: Store, artifact_id: int, settings: dict[str, Any], inputs: set[int]) -> bool:
    """Whether an execution with this very custom_config, and these artifacts among its inputs, made an artifact.

    An execution that was given such an artifact as an input would never be found in the cache again: each run would
    see another one.

    Args:
        store: ML Metadata's store.
        artifact_id: the artifact's.
        settings: the component's custom_config.
        inputs: ids of artifacts.
    """
    for execution in store.get_executions_by_id(_producers(store, artifact_id)):
        events = store.get_events_by_execution_ids([execution.id])
        config = execution.custom_properties["custom_config"].string_value
        execution_inputs = {event.artifact_id for event in events if event.type == Event.INPUT}
        if inputs <= execution_inputs and config and json.loads(config) == settings:
            return True
    return False


class Acceptance(NamedTuple):
    """That the gate on data let examples pass: ids of its verdict, of the statistics, and of the examples."""

    verdict: int
    statistics: int
    examples: int


def acceptances(store: Store, verdicts: Sequence[int]) -> list[Acceptance]:
    """What the gate on data let pass.

    Args:
        store: ML Metadata's store.
        verdicts: ids of DataVerdicts, which exist only where the data passed.
    """
    return [
        Acceptance(verdict, statistics, examples)
        for verdict in verdicts
        for statistics in _input_ids(store, verdict, "statistics")
        for examples in _input_ids(store, statistics, "examples")
    ]


def machine_faults(store: Store, tried: str) -> int:
    """How many dry runs of the same model, with the same settings, a fault of the machine has ended.

    Args:
        store: ML Metadata's store.
        tried: the mark of such a dry run (see `MACHINE_FAULT`).
    """
    marks = [dry_run.custom_properties[MACHINE_FAULT] for dry_run in store.get_artifacts_by_type("InfraBlessing")]
    return sum(mark.string_value == tried for mark in marks)


def infra_refusals(store: Store, model: int) -> int:
    """How often TFX's InfraValidator did not bless a model.

    Args:
        store: ML Metadata's store.
        model: its id.
    """
    refused = [each for each in store.get_artifacts_by_type("InfraBlessing") if not _is_blessed(each)]
    return sum(model in _input_ids(store, each.id, "model") for each in refused)


def _is_blessed(blessing: Artifact) -> bool:
    return bool(blessing.custom_properties[BLESSED].int_value)


def inputs(store: Store, artifact_id: int, key: str) -> list[Artifact]:
    """What an artifact was made from under a key of its producer, by id. (A cached execution has the same inputs.)"""
    artifacts = store.get_artifacts_by_id(_input_ids(store, artifact_id, key))
    return sorted(artifacts, key=lambda artifact: int(artifact.id))


def _input_ids(store: Store, artifact_id: int, key: str) -> list[int]:
    """What the first execution that made an artifact read under a key."""
    return [
        event.artifact_id
        for event in store.get_events_by_execution_ids(_producers(store, artifact_id)[:1])
        if event.type == Event.INPUT and event.path.steps[0].key == key
    ]


def producer_type(store: Store, artifact_id: int) -> int | None:
    """The type of the execution that made an artifact, by its id; None where none did."""
    producers = _producers(store, artifact_id)
    return int(store.get_executions_by_id(producers[:1])[0].type_id) if producers else None


def last_made(store: Store, artifact_id: int) -> int:
    """The last execution, by its id, that made an artifact or found it in the cache; 0 where none did.

    Of what was made from data that were changed and put back, the artifact with the highest id is not the latest.
    """
    return max(_producers(store, artifact_id), default=0)


def _producers(store: Store, artifact_id: int) -> list[int]:
    """The executions that made an artifact, or found it in the cache; a Resolver only hands it on."""
    events = store.get_events_by_artifact_ids([artifact_id])
    return [event.execution_id for event in events if event.type == Event.OUTPUT]
