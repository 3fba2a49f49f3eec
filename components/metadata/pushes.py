"""Finds what a pushed version was made of in the metadata."""

from __future__ import annotations

import glob
import os
from pathlib import Path, PurePosixPath
from typing import Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.common.errors import ConfigError
from widedeep.components.pusher.version_info import first_pushed_as
from widedeep.pipeline.local.workdir import Workdir

_DESTINATION = "pushed_destination"


def train_files(model: Path) -> list[str]:
    """The files of raw tf.Examples that a pushed model was trained on, of all spans.

    Args:
        model: a version that a run has pushed to its working directory: WORKDIR/models/1.

    Raises:
        ConfigError: the metadata does not know them, or they are gone; the message ends where a remedy may follow.
    """
    model = model.resolve()
    workdir = Workdir(model.parent.parent)
    if model.parent != workdir.models or not model.name.isdecimal() or not workdir.metadata.is_file():
        raise ConfigError(f"{model}: lies in no working directory (WORKDIR/models/1) that would know its data")
    store = opened(workdir)
    push = pushes(store).get(first_pushed_as(model))
    if push is None:
        raise ConfigError(f"{model}: {workdir.metadata} knows of no run that pushed it")
    found: list[str] = []
    for examples in raw_examples(store, push):
        pattern = os.path.join(examples.uri, "Split-train", "*")
        files = sorted(glob.glob(pattern))
        if not files:
            raise ConfigError(f"{model}: the rows that it was trained on are gone: {pattern} matches no file")
        found += files
    return found


def opened(workdir: Workdir, to_write: bool = False) -> Any:
    """The working directory's metadata, which are there."""
    modes = metadata_store_pb2.SqliteMetadataSourceConfig
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(workdir.metadata)
    config.sqlite.connection_mode = modes.READWRITE if to_write else modes.READONLY
    return metadata_store.MetadataStore(config)


def pushes(store: Any) -> dict[int, metadata_store_pb2.Artifact]:
    """What the Pusher recorded of each version, by its number.

    Where someone has removed versions their numbers are given again: the last push is what lies there.
    """
    found = {}
    for artifact in sorted(store.get_artifacts_by_type("PushedModel"), key=lambda one: one.id):
        if _DESTINATION in artifact.custom_properties:
            name = PurePosixPath(artifact.custom_properties[_DESTINATION].string_value).name
            found[int(name)] = artifact
    return found


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
