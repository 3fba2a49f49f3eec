"""Nodes on real database servers that refuse, die and come back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from database_servers import KINDS, PASSWORD, SECRET, Server, serving
from harness import Slice
from kubeflow_harness import Cluster

from pipeline.kubeflow.executions import state


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(request.param) as made:
        yield made


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
    [only] = cluster.node("StatisticsGen", "r1").executions(cluster.store())
    assert state(only) == "COMPLETE"

    done = cluster.step("ExampleGen", "r2")
    assert done.returncode == 0, done.stderr
    assert cluster.states("r2") == {"ExampleGen": "CACHED"}
