"""The versions that runs pushed, in the metadata of a working directory."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.metadata.properties import DESTINATION, ROLLED_BACK


def opened(file: Path, to_write: bool = False) -> Any:
    """ML Metadata's store in a SQLite file, which is there."""
    modes = metadata_store_pb2.SqliteMetadataSourceConfig
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    config.sqlite.connection_mode = modes.READWRITE if to_write else modes.READONLY
    return metadata_store.MetadataStore(config)


def pushes(store: Any) -> dict[int, metadata_store_pb2.Artifact]:
    """What the Pusher recorded of each version, by its number.

    Where someone has removed versions their numbers are given again: the last push is what lies there.
    """
    found = {}
    for artifact in sorted(store.get_artifacts_by_type("PushedModel"), key=lambda one: one.id):
        if DESTINATION in artifact.custom_properties:
            name = PurePosixPath(artifact.custom_properties[DESTINATION].string_value).name
            found[int(name)] = artifact
    return found


def mark_rolled_back(store: Any, put_back: int, words: str) -> list[int] | None:
    """Marks the models that runs pushed later than a version, and takes the mark from the version's own.

    Args:
        store: ML Metadata's, to write.
        put_back: the version's number.
        words: the mark.

    Returns:
        The versions whose models bear a mark; None where the metadata do not know the one that was put back.
    """
    pushed = pushes(store)
    if put_back not in pushed:
        return None
    models = {number: model_of(store, push) for number, push in pushed.items()}
    good = models[put_back]
    # One model may have been pushed as several versions.
    marked = {model.id for model in models.values() if ROLLED_BACK in model.custom_properties} - {good.id}
    later = {model.id for number, model in models.items() if number > put_back} - {good.id}
    for model in {model.id: model for model in models.values()}.values():
        if model.id in later - marked:
            model.custom_properties[ROLLED_BACK].string_value = words
            store.put_artifacts([model])
    if ROLLED_BACK in good.custom_properties:
        del good.custom_properties[ROLLED_BACK]
        store.put_artifacts([good])
    return sorted(number for number, model in models.items() if model.id in marked | later)


def model_of(store: Any, push: metadata_store_pb2.Artifact) -> metadata_store_pb2.Artifact:
    """The Trainer's model that was pushed."""
    [model] = _inputs(store, push, "model")
    return model


def raw_examples(store: Any, push: metadata_store_pb2.Artifact) -> list[metadata_store_pb2.Artifact]:
    """The examples that ExampleGen wrote and a pushed model was trained on, one artifact a span."""
    [transformed] = _inputs(store, model_of(store, push), "examples")
    return _inputs(store, transformed, "examples")


def _inputs(store: Any, artifact: metadata_store_pb2.Artifact, key: str) -> list[metadata_store_pb2.Artifact]:
    """What the execution that made an artifact read under a key. (A cached one has the same outputs and inputs.)"""
    made = store.get_events_by_artifact_ids([artifact.id])
    maker = next(event.execution_id for event in made if event.type == metadata_store_pb2.Event.OUTPUT)
    read = {
        event.artifact_id
        for event in store.get_events_by_execution_ids([maker])
        if event.type == metadata_store_pb2.Event.INPUT and event.path.steps[0].key == key
    }
    return sorted(store.get_artifacts_by_id(list(read)), key=lambda one: one.id)
