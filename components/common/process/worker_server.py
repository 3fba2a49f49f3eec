"""A process that has imported what Beam's workers need, once, and forks for each of them.

    python -P -m widedeep.components.common.process.worker_server [MODULE...]

Its standard input is the socket over which forked_worker.py asks; it imports Beam and these modules first. A new
interpreter takes seconds of a core to import TensorFlow, Beam and TFX, for which each step would wait, and pay as many
times as it has workers; and what was imported before a fork is in memory once. A thread that runs would be lost by a
fork, with the locks that it holds: there is none. (multiprocessing's server executes the command's script anew in each
process, takes files of the folder that it runs in for modules, and can't be ended.)
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from widedeep.components.common.process import lean_imports
from widedeep.components.common.process.parent import die_with

# What comes with a request: a socket for the answer, output, errors, and a file of JSON with environment and folder.
DESCRIPTORS = 4
# An answer: the process's number, and its exit code or the negative number of a signal, as text.
ANSWER_BYTES = 64
# Libraries start threads as they are loaded, unless they are told not to: NumPy's and SciPy's one a core for their
# products, Arrow's one that gives memory back.
NO_THREADS = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}


class WorkerServer:
    """Forks for each request, and answers when that process has ended; ends it where the answer's socket is shut."""

    def __init__(self, requests: socket.socket) -> None:
        """Serves the other end of this socket: each message is a request, whatever it says."""
        self._requests = requests
        self._selector = selectors.DefaultSelector()
        self._selector.register(requests, selectors.EVENT_READ, self._fork)

    def serve(self) -> None:
        """Returns when the other end is gone."""
        while self._requests.fileno() >= 0:
            # One at a time: an event may be of something that is no more after the one before.
            self._selector.select()[0][0].data()

    def _fork(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self._requests, 1, DESCRIPTORS)
        if not message:
            self._requests.close()
            return
        server, process = os.getpid(), os.fork()
        if process == 0:
            _end(lambda: _become_worker(descriptors, server))
        answer, *others = descriptors
        for descriptor in others:
            os.close(descriptor)
        _Child(process, socket.socket(fileno=answer), self._selector)


class _Child:
    """A process that was forked."""

    def __init__(self, process: int, asker: socket.socket, selector: selectors.BaseSelector) -> None:
        self._process, self._asker, self._selector = process, asker, selector
        self._end = os.pidfd_open(process)
        selector.register(self._end, selectors.EVENT_READ, self._answer)
        selector.register(asker, selectors.EVENT_READ, self._kill)

    def _answer(self) -> None:
        code = os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])
        # Nobody may wait for it any more.
        with contextlib.suppress(OSError):
            self._asker.send(f"{self._process} {code}".encode())
        self._selector.unregister(self._end)
        with contextlib.suppress(KeyError):
            self._selector.unregister(self._asker)
        self._asker.close()
        os.close(self._end)

    def _kill(self) -> None:
        self._selector.unregister(self._asker)
        os.kill(self._process, signal.SIGKILL)


def _become_worker(descriptors: list[int], server: int) -> None:
    """Works, in a process that was just forked."""
    _, output, errors, request = descriptors
    die_with(server)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    with open(request) as file:
        file.seek(0)
        asked = json.load(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    import numpy as np
    from apache_beam.runners.worker import sdk_worker_main

    # Python's own generator starts anew by itself.
    np.random.seed()
    sdk_worker_main.main([])


def _end(work: Callable[[], None]) -> NoReturn:
    """Ends a forked process after its work, at once: what is above it on the stack is the server's."""
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Imports, and serves until whoever asks is gone."""
    # Ctrl-C at the terminal is for the run.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(NO_THREADS)
    lean_imports.install()
    for name in ("apache_beam.runners.worker.sdk_worker_main", *sys.argv[1:]):
        importlib.import_module(name)
    # A look for garbage would write to each object, and so give each process a copy of its own.
    gc.collect()
    gc.freeze()
    WorkerServer(socket.socket(fileno=os.dup(sys.stdin.fileno()))).serve()


if __name__ == "__main__":
    main()
