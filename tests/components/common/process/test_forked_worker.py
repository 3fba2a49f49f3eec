"""Processes that are forked from one that has imported what they need: how they end, and what they share."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from widedeep.components.common.process import worker_server
from widedeep.components.common.process.forked_worker import ForkedWorker, server

pytestmark = pytest.mark.usefixtures("worker_server_ends")
# Beam's own, for a worker whose runner is not there: it waits for an answer for ever.
NOWHERE = {
    "CONTROL_API_SERVICE_DESCRIPTOR": 'url: "localhost:1"',
    "LOGGING_API_SERVICE_DESCRIPTOR": 'url: "localhost:1"',
    "PIPELINE_OPTIONS": json.dumps({}),
    "WORKER_ID": "nobody",
}


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def until(happened: object, seconds: float = 30) -> None:
    """Waits until a function returns something true."""
    deadline = time.monotonic() + seconds
    while not happened():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def server_process() -> int:
    [process] = [child for child in children(os.getpid()) if is_server(child)]
    return process


def is_server(process: int) -> bool:
    return worker_server.__name__ in Path(f"/proc/{process}/cmdline").read_text()


def test_one_that_fails_says_so() -> None:
    failing = ForkedWorker({"PIPELINE_OPTIONS": "no JSON"})
    assert failing.wait() == 1
    assert failing.process


def test_one_that_is_killed_says_by_what() -> None:
    worker = ForkedWorker(NOWHERE)
    until(lambda: children(server_process()))
    [process] = children(server_process())
    os.kill(process, signal.SIGTERM)
    assert worker.wait() == -signal.SIGTERM
    assert worker.process == process


def test_one_that_is_not_needed_any_more_is_ended() -> None:
    ended, left = ForkedWorker(NOWHERE), ForkedWorker(NOWHERE)
    until(lambda: len(children(server_process())) == 2)
    ended.kill()
    assert ended.wait() == -signal.SIGKILL
    assert children(server_process())
    left.kill()
    assert left.wait() == -signal.SIGKILL


def test_so_is_one_that_has_not_begun() -> None:
    worker = ForkedWorker(NOWHERE)
    # The server has not imported anything yet.
    worker.kill()
    assert worker.wait() == -signal.SIGKILL


def test_where_their_server_is_killed_they_end_with_it_and_the_next_has_another() -> None:
    worker = ForkedWorker(NOWHERE)
    until(lambda: children(server_process()))
    before, [process] = server_process(), children(server_process())
    os.kill(before, signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    until(lambda: not Path(f"/proc/{process}").exists())
    assert ForkedWorker({"PIPELINE_OPTIONS": "no JSON"}).wait() == 1
    assert server_process() != before


def test_an_environment_may_be_large() -> None:
    worker = ForkedWorker(NOWHERE | {f"SERVICE_{number}": "x" * 1000 for number in range(2000)})
    until(lambda: children(server_process()))
    worker.kill()
    assert worker.wait() == -signal.SIGKILL


def test_all_ends_with_the_process_that_asked() -> None:
    code = "from widedeep.components.common.process.forked_worker import ForkedWorker; "
    code += f"ForkedWorker({NOWHERE!r}).wait()"
    # A process of its own, whose group gets what it prints.
    asking = subprocess.Popen([sys.executable, "-P", "-c", code])
    until(lambda: [child for first in children(asking.pid) for child in children(first)])
    [its_server] = children(asking.pid)
    [worker] = children(its_server)
    asking.kill()
    asking.wait()
    until(lambda: not Path(f"/proc/{worker}").exists())
    # By itself: nobody has ended it.
    until(lambda: not Path(f"/proc/{its_server}").exists())
    assert not [path for path in (worker, its_server) if Path(f"/proc/{path}").exists()]


def test_no_thread_runs_that_a_fork_would_lose() -> None:
    # All that workers of a pipeline need: Beam, TensorFlow, Arrow, NumPy and SciPy.
    server.start(["widedeep.pipeline.definition.create", "scipy.linalg", "sklearn.linear_model"])
    worker = ForkedWorker(NOWHERE)
    until(lambda: children(server_process()), 120)
    assert len(list(Path(f"/proc/{server_process()}/task").iterdir())) == 1
    worker.kill()
    worker.wait()


def test_what_was_imported_is_in_memory_once() -> None:
    server.start(["widedeep.pipeline.definition.create"])
    workers = [ForkedWorker(NOWHERE) for _ in range(2)]
    until(lambda: len(children(server_process())) == 2, 120)
    for process in children(server_process()):
        figures = dict(line.split()[:2] for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:])
        private = int(figures["Private_Clean:"]) + int(figures["Private_Dirty:"])
        # Of several hundred MiB.
        assert private < 0.2 * int(figures["Rss:"])
    for worker in workers:
        worker.kill()
        worker.wait()
