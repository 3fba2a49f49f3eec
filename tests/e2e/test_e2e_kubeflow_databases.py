"""Nodes on real database servers: that refuse, die and come back, and that give rows in an order of their own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from database_servers import KINDS, PASSWORD, SECRET, Server, serving
from harness import Slice
from kubeflow_harness import Cluster
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration.portable import cache_utils
from tfx.orchestration.portable.mlmd import event_lib

from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.cluster.handle import PatientHandle
from widedeep.components.metadata.executions import state


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(request.param) as made:
        yield made


def sql(server: Server, command: str) -> None:
    login = {"PGUSER": "widedeep", "PGPASSWORD": PASSWORD, "PGDATABASE": SECRET["METADATA_DATABASE"]}
    place = ["--host=127.0.0.1", f"--port={server.port}"]
    server.call(str(server.program("psql")), *place, f"--command={command}", env=login)


def test_nodes_on_a_database_server_that_goes_away_and_comes_back(taxi: Slice, tmp_path: Path, server: Server) -> None:
    cluster = Cluster(tmp_path / "cluster", taxi, server.address, {**SECRET, "METADATA_PASSWORD": "wrong"})
    cluster.compile()
    refused = cluster.step("ExampleGen", "r1", "--patience=1")
    assert refused.returncode == 2
    assert (
        "the metadata database answers, but refuses the connection: user, password or database is wrong"
        in refused.stderr
    )
    assert "Traceback" not in refused.stderr

    cluster.environment = SECRET
    done = cluster.step("ExampleGen", "r1")
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr

    # The server dies while the executor works, and comes back once that is noticed: nothing is lost.
    with cluster.running("StatisticsGen", "r1") as process:
        server.stop(signal.SIGKILL)
        assert process.stderr is not None
        waiting = "the metadata database does not answer: Connection refused. Trying again for"
        said = []
        for line in process.stderr:
            said.append(line)
            if waiting in line:
                break
        server.start()
        said.append(process.stderr.read())
        assert process.wait(timeout=60) == 0, "".join(said)
    assert waiting in said[-2]
    # Where the server died while the attempt was still being written down, that one is closed, and another made.
    *earlier, last = cluster.node("StatisticsGen", "r1").executions(cluster.store())
    assert [state(attempt) for attempt in earlier] in ([], ["FAILED"])
    assert state(last) == "COMPLETE"

    done = cluster.step("ExampleGen", "r2")
    assert done.returncode == 0, done.stderr
    assert cluster.states("r2") == {"ExampleGen": "CACHED"}


def test_events_are_read_right_in_whatever_order_postgresql_gives_their_rows(tmp_path: Path) -> None:
    with serving("postgresql") as server:
        database = Database(server.address, SECRET, patience=10.0)
        store = database.open()
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
        sql(server, turned)
        [plain] = metadata_store.MetadataStore(database.connection).get_events_by_execution_ids([number])
        assert [step.WhichOneof("value") for step in plain.path.steps] == ["index", "key"]
        [read] = store.get_events_by_execution_ids([number])
        assert event_lib.is_valid_output_event(read, "transformed_examples")
        assert read.path == event.path


def test_the_cache_gives_each_output_back_under_its_key_though_postgresql_mixes_their_rows(tmp_path: Path) -> None:
    with serving("postgresql") as server:
        database = Database(server.address, SECRET, patience=10.0)
        store = database.open()
        keys = ["transform_graph", "transformed_examples", "post_transform_stats"]
        kinds = {
            key: store.put_artifact_type(metadata_store_pb2.ArtifactType(name=f"Type of {key}")) for key in keys[::-1]
        }
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
