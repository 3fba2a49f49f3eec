"""What an artifact was made from, for strategies that must not hand an execution its own outcome."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2

Event = metadata_store_pb2.Event


def made_from(store: Any, made: int, settings: dict[str, Any], inputs: set[int]) -> bool:
    """Whether an execution with this very custom_config, and these artifacts among its inputs, made an artifact.

    An execution that was given such an artifact as an input would never be found in the cache again: each run would
    see another one.

    Args:
        store: ML Metadata's store.
        made: the artifact's id.
        settings: the component's custom_config.
        inputs: ids of artifacts.
    """
    for execution in store.get_executions_by_id(_makers(store, made)):
        read = {e.artifact_id for e in store.get_events_by_execution_ids([execution.id]) if e.type == Event.INPUT}
        config = execution.custom_properties["custom_config"].string_value
        if inputs <= read and config and json.loads(config) == settings:
            return True
    return False


def accepted(store: Any, verdicts: Sequence[int]) -> list[tuple[int, int, int]]:
    """What the gate on data let pass: ids of the verdict, of the statistics, and of the examples they are of.

    Args:
        store: ML Metadata's store.
        verdicts: ids of DataVerdicts, which exist only where the data passed.
    """
    found = []
    for verdict in verdicts:
        statistics = _inputs(store, verdict, "statistics")
        found += [(verdict, one, examples) for one in statistics for examples in _inputs(store, one, "examples")]
    return found


def inputs(store: Any, made: int, key: str) -> list[metadata_store_pb2.Artifact]:
    """The artifacts that an artifact was made from, those under one of its maker's keys, by their ids."""
    return list(store.get_artifacts_by_id(sorted(_inputs(store, made, key))))


def _inputs(store: Any, made: int, key: str) -> list[int]:
    """What the first execution that made an artifact read under a key."""
    return [
        event.artifact_id
        for event in store.get_events_by_execution_ids(_makers(store, made)[:1])
        if event.type == Event.INPUT and event.path.steps[0].key == key
    ]


def maker(store: Any, artifact: int) -> int | None:
    """The type of the execution that made an artifact, by its id; None where none did."""
    made = _makers(store, artifact)
    return int(store.get_executions_by_id(made[:1])[0].type_id) if made else None


def _makers(store: Any, artifact: int) -> list[int]:
    """The executions that made an artifact, or found it in the cache; a Resolver only hands it on."""
    return [one.execution_id for one in store.get_events_by_artifact_ids([artifact]) if one.type == Event.OUTPUT]
