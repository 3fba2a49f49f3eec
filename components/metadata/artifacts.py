"""Finds the artifacts of an execution in the metadata."""

from __future__ import annotations

from typing import Any

from ml_metadata.proto import metadata_store_pb2


def outputs(store: Any, execution_id: int) -> dict[str, metadata_store_pb2.Artifact]:
    """The first artifact under each output key, by the execution's events: right for cached executions too.

    Args:
        store: ML Metadata's store.
        execution_id: an execution that ended well.
    """
    wanted = {
        event.artifact_id: event.path.steps[0].key
        for event in store.get_events_by_execution_ids([execution_id])
        if event.type == metadata_store_pb2.Event.OUTPUT
    }
    return {wanted[artifact.id]: artifact for artifact in store.get_artifacts_by_id(list(wanted))}
