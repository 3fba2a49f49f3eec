"""What may become of a database server while the nodes of a run work: it refuses them, or dies and comes back."""

from __future__ import annotations

import signal

from database_servers import PASSWORD, SECRET, Server
from kubeflow_harness import Cluster

from widedeep.components.metadata.executions import state

_WAITING = "the metadata database does not answer: Connection refused. Trying again for"


def refused(cluster: Cluster, node: str) -> None:
    """Starts a node with a wrong password."""
    cluster.environment = {**SECRET, "METADATA_PASSWORD": "wrong"}
    done = cluster.step(node, "refused", "--patience=1")
    cluster.environment = SECRET
    assert done.returncode == 2
    assert (
        "the metadata database answers, but refuses the connection: user, password or database is wrong" in done.stderr
    )
    assert "Traceback" not in done.stderr


def lost_and_back(cluster: Cluster, server: Server, node: str, run_id: str) -> None:
    """Runs a node whose server dies while the executor works, and comes back once that is noticed: nothing is lost."""
    before = len(cluster.node(node, run_id).executions(cluster.store()))
    with cluster.running(node, run_id) as process:
        server.stop(signal.SIGKILL)
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if _WAITING in line:
                break
        server.start()
        said.append(process.stderr.read())
        assert process.wait(timeout=60) == 0, "".join(said)
    assert _WAITING in said[-2]
    assert PASSWORD not in "".join(said)
    # Where the server died while the attempt was still being written down, that one is closed, and another made.
    *earlier, last = cluster.node(node, run_id).executions(cluster.store())[before:]
    assert [state(attempt) for attempt in earlier] in ([], ["FAILED"])
    assert state(last) == "COMPLETE"
