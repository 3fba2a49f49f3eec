"""Worker processes that a server of this process forks; see worker_server.py."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from widedeep.components.common.process.worker_server import ANSWER_BYTES

_SERVER = "widedeep.components.common.process.worker_server"
_OUTPUT, _ERRORS = 1, 2


class ForkedWorker:
    """A process that works as one of Beam's workers.

    Attributes:
        process: its number, once it has ended.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Asks for it; the server is started where none runs.

        Args:
            environment: its environment variables; folder and output are this process's.
        """
        self.process: int | None = None
        self._server, self._answer = server.asked(environment)

    def wait(self) -> int:
        """Waits for its end; returns its exit code, or the negative number of a signal."""
        answer = b""
        # Where the server is killed it closes with no answer, or with an error.
        with self._answer, contextlib.suppress(ConnectionError):
            answer = self._answer.recv(ANSWER_BYTES)
        if not answer:
            # The server's end is that of its workers.
            return self._server.wait()
        process, code = answer.split()
        self.process = int(process)
        return int(code)

    def kill(self) -> None:
        """Ends it, wherever it is."""
        # The server looks at whether anyone listens.
        with contextlib.suppress(OSError):
            self._answer.shutdown(socket.SHUT_WR)


class _Server:
    """The server of this process, with which it ends; none before one is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._imports: Sequence[str] = ()
        self._running: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def start(self, imports: Sequence[str]) -> None:
        """Starts it ahead of the first worker: while it imports, this process can do something else.

        Args:
            imports: modules that the workers will need, beside Beam's; what isn't here each of them imports itself.
        """
        with self._lock:
            self._imports = imports
            self._ensure()

    def asked(self, environment: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], socket.socket]:
        """The server, told to fork a worker, and the socket on which it answers."""
        answer, theirs = _pair()
        # A message of a socket would be bounded, and environments of Kubernetes can be large.
        with self._lock, theirs, open(os.memfd_create("request"), "w") as request:
            json.dump({"environment": dict(environment), "folder": str(Path.cwd())}, request)
            request.flush()
            process, requests = self._ensure()
            # One that has just ended says so by what its workers end with.
            with contextlib.suppress(ConnectionError):
                socket.send_fds(requests, [b"?"], [theirs.fileno(), _OUTPUT, _ERRORS, request.fileno()])
            return process, answer

    def end(self) -> None:
        """Ends it, where one runs."""
        with self._lock:
            self._imports = ()
            if self._running:
                process, requests = self._running
                requests.close()
                # It may still import. Of what it does nothing can be lost.
                process.kill()
                process.wait()
                self._running = None

    def _ensure(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        if self._running and self._running[0].poll() is not None:
            self._running[1].close()
            self._running = None
        if self._running is None:
            requests, theirs = _pair()
            # With -P no file of the folder that it runs in is taken for a module.
            command = [sys.executable, "-P", "-m", _SERVER, *self._imports]
            with theirs:
                self._running = subprocess.Popen(command, stdin=theirs.fileno()), requests
        return self._running


def _pair() -> tuple[socket.socket, socket.socket]:
    # Messages come whole, as they were sent.
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


# At most one, of this process.
server = _Server()
