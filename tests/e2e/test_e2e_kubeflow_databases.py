"""A real database server that gives rows in an order of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from database_servers import PASSWORD, SECRET, Server, serving
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration.portable import cache_utils
from tfx.orchestration.portable.mlmd import event_lib

from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.cluster.handle import PatientHandle


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving("postgresql") as made:
        yield made


def opened(server: Server, name: str) -> tuple[Database, Any]:
    """A database of its own on the server, and the store in it."""
    database = Database(server.address, {**SECRET, "METADATA_DATABASE": name}, patience=10.0)
    return database, database.open()


def sql(server: Server, name: str, command: str) -> None:
    login = {"PGUSER": "widedeep", "PGPASSWORD": PASSWORD, "PGDATABASE": name}
    place = ["--host=127.0.0.1", f"--port={server.port}"]
    server.call(str(server.program("psql")), *place, f"--command={command}", env=login)


def test_events_are_read_right_in_whatever_order_postgresql_gives_their_rows(server: Server) -> None:
    database, store = opened(server, "events")
    kind = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="Examples"))
    event = metadata_store_pb2.Event(type=metadata_store_pb2.Event.OUTPUT)
    event.path.steps.add().key = "transformed_examples"
    event.path.steps.add().index = 0
    execution = metadata_store_pb2.Execution(
        type_id=store.put_execution_type(metadata_store_pb2.ExecutionType(name="Transform"))
    )
    number, _, _ = store.put_execution(execution, [(metadata_store_pb2.Artifact(type_id=kind), event)], [])
    turned = "CREATE TABLE kept AS SELECT * FROM EventPath; TRUNCATE EventPath; "
    turned += "INSERT INTO EventPath SELECT * FROM kept ORDER BY is_index_step DESC"
    sql(server, "events", turned)
    [plain] = metadata_store.MetadataStore(database.connection).get_events_by_execution_ids([number])
    assert [step.WhichOneof("value") for step in plain.path.steps] == ["index", "key"]
    [read] = store.get_events_by_execution_ids([number])
    assert event_lib.is_valid_output_event(read, "transformed_examples")
    assert read.path == event.path


def test_the_cache_gives_each_output_back_under_its_key_though_postgresql_mixes_their_rows(
    server: Server, tmp_path: Path
) -> None:
    database, store = opened(server, "outputs")
    keys = ["transform_graph", "transformed_examples", "post_transform_stats"]
    kinds = {key: store.put_artifact_type(metadata_store_pb2.ArtifactType(name=f"Type of {key}")) for key in keys[::-1]}
    artifacts = []
    for key in keys:
        (tmp_path / key).mkdir()
        live = metadata_store_pb2.Artifact.LIVE
        artifacts.append(metadata_store_pb2.Artifact(type_id=kinds[key], uri=str(tmp_path / key), state=live))
    execution = metadata_store_pb2.Execution(
        type_id=store.put_execution_type(metadata_store_pb2.ExecutionType(name="Transform")),
        last_known_state=metadata_store_pb2.Execution.COMPLETE,
    )
    context = metadata_store_pb2.Context(
        type_id=store.put_context_type(metadata_store_pb2.ContextType(name="execution_cache")), name="digest"
    )
    made = [event_lib.generate_event(metadata_store_pb2.Event.OUTPUT, key, 0) for key in keys]
    _, ids, [cache] = store.put_execution(execution, list(zip(artifacts, made, strict=True)), [context])

    # PostgreSQL joins the few artifacts to all types, in the order of the types.
    plain = metadata_store.MetadataStore(database.connection)
    assert [artifact.id for artifact in plain.get_artifacts_by_id(ids)] == ids[::-1]

    for asked in (ids, ids[::-1]):
        assert [artifact.id for artifact in store.get_artifacts_by_id(asked)] == asked
    context.id = cache
    with PatientHandle(database) as handle:
        outputs = cache_utils.get_cached_outputs(handle, context)
    assert outputs is not None
    assert {key: [artifact.uri for artifact in outputs[key]] for key in keys} == {
        key: [str(tmp_path / key)] for key in keys
    }
