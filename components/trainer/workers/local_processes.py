"""Workers as processes of this machine, which end with the one that started them, however it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from widedeep.components.trainer.workers.mailbox import Mailbox

_MODULE = "widedeep.components.trainer.worker"


class Processes:
    """See Team: by number, processes that were started."""

    pause = 0.1

    def __init__(self, started: list[subprocess.Popen[bytes]], logs: list[str]) -> None:
        self._started, self._logs = started, logs

    def lost(self) -> dict[int, str]:
        """See Team."""
        codes = {number: process.poll() for number, process in enumerate(self._started)}
        return {number: _how(code) for number, code in codes.items() if code}

    def is_done(self) -> bool:
        """See Team."""
        return all(process.poll() == 0 for process in self._started)

    def last_words(self, worker: int) -> str:
        """See Team."""
        return f"Its log: {self._logs[worker]}"


@contextmanager
def start_processes(mailbox: Mailbox, workers: int) -> Iterator[Processes]:
    """Starts them, and has none left when the context ends."""
    # Of an object store there is no file to write to.
    folder = tempfile.mkdtemp(prefix="widedeep-workers-") if "://" in mailbox.folder else mailbox.folder
    logs = [os.path.join(folder, f"worker-{number}.txt") for number in range(workers)]
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(workers)]
    threads = max(len(os.sched_getaffinity(0)) // workers, 1)
    with ExitStack() as stack:
        started: list[subprocess.Popen[bytes]] = []
        stack.callback(_end, started)
        for number, log in enumerate(logs):
            task = {"type": "worker", "index": number}
            environment = {
                "TF_CONFIG": json.dumps({"cluster": {"worker": addresses}, "task": task}),
                "TF_NUM_INTRAOP_THREADS": str(threads),
            }
            command = [sys.executable, "-P", "-m", _MODULE, mailbox.folder, f"--parent={os.getpid()}"]
            output = stack.enter_context(open(log, "wb"))
            # Ctrl-C is for the process that waits: it ends them.
            started.append(
                subprocess.Popen(
                    command,
                    env={**os.environ, **environment},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        yield Processes(started, logs)


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    # There is nothing for them to bring to an end: the last checkpoint is whole.
    for process in started:
        process.kill()
    for process in started:
        process.wait()


def _how(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else "failed"


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
