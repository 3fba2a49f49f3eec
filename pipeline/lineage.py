"""Finds what a pushed model was made of in the metadata."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import tensorflow as tf
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from components.errors import ConfigError
from pipeline.workdir import Workdir

# From a pushed model back to the rows: an input of the Pusher, of the Trainer and of Transform.
_STEPS = ("model", "examples", "examples")


def train_files(model: Path) -> list[str]:
    """The files of raw tf.Examples that a pushed model was trained on.

    Args:
        model: a version that a run has pushed to its working directory: WORKDIR/models/1.

    Raises:
        ConfigError: the metadata does not know them, or they are gone; the message ends where a remedy may follow.
    """
    model = model.resolve()
    workdir = Workdir(model.parent.parent)
    if model.parent != workdir.models or not workdir.metadata.is_file():
        raise ConfigError(f"{model}: lies in no working directory (WORKDIR/models/1) that would know its data")
    uri = raw_examples(workdir, str(model))
    if uri is None:
        raise ConfigError(f"{model}: {workdir.metadata} knows of no run that pushed it")
    pattern = os.path.join(uri, "Split-train", "*")
    found = sorted(tf.io.gfile.glob(pattern))
    if not found:
        raise ConfigError(f"{model}: the rows that it was trained on are gone: {pattern} matches no file")
    return found


def raw_examples(workdir: Workdir, pushed_to: str) -> str | None:
    """The folder of the examples that ExampleGen wrote and a pushed model was trained on.

    Args:
        workdir: has metadata.
        pushed_to: the pushed version's folder, as the Pusher recorded it.

    Returns:
        None where the metadata knows of no such push.
    """
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(workdir.metadata)
    config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
    store = metadata_store.MetadataStore(config)
    pushes = [
        artifact
        for artifact in store.get_artifacts_by_type("PushedModel")
        if artifact.custom_properties["pushed_destination"].string_value == pushed_to
    ]
    if not pushes:
        return None
    # Where someone has removed versions their numbers are given again: the last push is what lies there.
    artifact = max(pushes, key=lambda one: one.id)
    for key in _STEPS:
        artifact = _input(store, artifact, key)
    return str(artifact.uri)


def _input(store: Any, artifact: metadata_store_pb2.Artifact, key: str) -> metadata_store_pb2.Artifact:
    """What the execution that made an artifact read under a key. (A cached one has the same outputs and inputs.)"""
    made = store.get_events_by_artifact_ids([artifact.id])
    maker = next(event.execution_id for event in made if event.type == metadata_store_pb2.Event.OUTPUT)
    read = next(
        event.artifact_id
        for event in store.get_events_by_execution_ids([maker])
        if event.type == metadata_store_pb2.Event.INPUT and event.path.steps[0].key == key
    )
    [found] = store.get_artifacts_by_id([read])
    return found
