"""The artifacts of an execution."""

from __future__ import annotations

from widedeep.components.metadata.store import Artifact, Event, Store


def outputs(store: Store, execution_id: int) -> dict[str, Artifact]:
    """The first artifact under each output key, by the execution's events: right for cached executions too.

    Args:
        store: ML Metadata's store.
        execution_id: an execution that ended well.
    """
    keys = {
        event.artifact_id: event.path.steps[0].key
        for event in store.get_events_by_execution_ids([execution_id])
        if event.type == Event.OUTPUT
    }
    return {keys[artifact.id]: artifact for artifact in store.get_artifacts_by_id(list(keys))}
