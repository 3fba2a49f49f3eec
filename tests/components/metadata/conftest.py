"""A metadata database in a file, with contexts and executions as TFX makes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.metadata.cluster.database import Database

Execution = metadata_store_pb2.Execution
Execute = Callable[..., int]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'metadata.sqlite'}", {}, patience=0.0)


@pytest.fixture
def store(database: Database) -> metadata_store.MetadataStore:
    return database.open()


@pytest.fixture
def execute(store: Any) -> Execute:
    """Records an execution of a node in a run of the pipeline `p`, with output artifacts by key and URI."""
    kinds = {
        name: store.put_context_type(metadata_store_pb2.ContextType(name=name)) for name in ("pipeline_run", "node")
    }
    execution_type = store.put_execution_type(metadata_store_pb2.ExecutionType(name="x"))
    artifact_type = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="a"))

    def context(kind: str, name: str) -> metadata_store_pb2.Context:
        known = store.get_context_by_type_and_name(kind, name)
        return known or metadata_store_pb2.Context(type_id=kinds[kind], name=name)

    def call(run: str, node: str, state: int, outputs: dict[str, str] | None = None, **facts: str) -> int:
        made = []
        for key, uri in (outputs or {}).items():
            artifact = metadata_store_pb2.Artifact(type_id=artifact_type, uri=uri)
            for name, value in facts.items():
                artifact.custom_properties[name].string_value = value
            event = metadata_store_pb2.Event(type=metadata_store_pb2.Event.OUTPUT)
            event.path.steps.add().key = key
            event.path.steps.add().index = 0
            made.append((artifact, event))
        execution = metadata_store_pb2.Execution(type_id=execution_type, last_known_state=state)
        contexts = [context("pipeline_run", run), context("node", f"p.{node}")]
        number, _, _ = store.put_execution(execution, made, contexts)
        return int(number)

    return call
