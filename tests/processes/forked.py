"""subprocess.Popen for our own commands and scripts, whose processes a server forks. See forkserver.py."""

from __future__ import annotations

import array
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVER = Path(__file__).with_name("forkserver.py")
# With them comes all that a run and the steps on Kubeflow import, most of it only once they run.
PRELOAD = (
    "lean",
    # As a run imports it.
    "setuptools",
    "widedeep.components.trainer.run",
    "widedeep.pipeline.commands.models.explain",
    "widedeep.pipeline.commands.models.score",
    "widedeep.pipeline.commands.pipelines.run",
    "widedeep.pipeline.kubeflow.compiler.spec",
    "widedeep.pipeline.local.runner",
    "widedeep.pipeline.record.builder",
    "widedeep.pipeline.report",
    "widedeep.serving.standin.server",
    "warm",
)
WIDEDEEP = str(Path(sys.executable).parent / "widedeep")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# In the place of a module: the code is the first argument.
CODE = "-c"
# Bytes of a number in a message.
HEAD = 8
READY = b"r"


def number(value: int) -> bytes:
    return value.to_bytes(HEAD)


class Popen(subprocess.Popen):  # type: ignore[type-arg]
    """A process of `widedeep …`, `python -m widedeep.…`, `python examples/….py` or `python -c …`, forked by the server.

    Any other is started as ever.

    Attributes:
        server: its socket; None where there is none, and nothing is forked.
    """

    server: str | None = None
    _client: socket.socket | None = None

    def _execute_child(self, args: Any, *more: Any) -> None:
        (_, preexec, _, pass_fds, cwd, env, _, _, shell, *pipes) = more
        named = None if shell or preexec or pass_fds else module(args)
        if named is None or self.server is None:
            super()._execute_child(args, *more)  # type: ignore[misc]
            return
        given = [pipe if pipe >= 0 else own for pipe, own in zip((pipes[0], pipes[3], pipes[5]), range(3), strict=True)]
        request = {
            "module": named[0],
            "arguments": named[1],
            "env": dict(os.environ if env is None else env),
            "cwd": str(cwd or Path.cwd()),
        }
        self._client = connected(self.server)
        text = json.dumps(request).encode()
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", given))
        self._client.sendmsg([number(len(text))], [rights])
        self._client.sendall(text)
        answer = self._client.recv(HEAD)
        if not answer:
            self._client.close()
            # Its process would be number 0: whoever ended it would end all of his own group.
            raise ConnectionResetError(f"the server of {self.server} has ended: nothing was forked")
        self.pid = int.from_bytes(answer)
        self._child_created = True
        self._close_pipe_fds(*pipes[:6])  # type: ignore[attr-defined]

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self._client is None:
            return super()._try_wait(wait_flags)  # type: ignore[misc,no-any-return]
        self._client.setblocking(not wait_flags)
        try:
            answer = self._client.recv(HEAD)
        except BlockingIOError:
            return 0, 0
        self._client.close()
        # Without the server nobody knows how its child ended: no success.
        return self.pid, int.from_bytes(answer) if answer else signal.SIGKILL

    def _internal_poll(self, *more: Any, **named: Any) -> int | None:
        if self._client is None:
            return super()._internal_poll(*more, **named)  # type: ignore[misc,no-any-return]
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)  # type: ignore[attr-defined]
        return self.returncode


def module(arguments: Sequence[object]) -> tuple[str, list[str]] | None:
    """The module or script that a command runs, or CODE, and the rest of the command; None where it isn't ours."""
    match [str(part) for part in arguments]:
        case [program, option, *rest] if (program, option) == (sys.executable, CODE):
            return CODE, rest
        case [program, *rest] if program == WIDEDEEP:
            return "widedeep.pipeline.cli", rest
        case [program, "-m", name, *rest] | [program, "-P", "-m", name, *rest] if (
            program == sys.executable and name.startswith("widedeep.")
        ):
            return name, rest
        case [program, script, *rest] if program == sys.executable and EXAMPLES in Path(script).parents:
            return script, rest
    return None


def connected(server: str) -> socket.socket:
    """A connection to a server that is there to stay as long as the connection is.

    Raises:
        OSError: there is none.
    """
    client = socket.socket(socket.AF_UNIX)
    try:
        client.connect(server)
        if client.recv(len(READY)) != READY:
            raise ConnectionResetError
    except OSError:
        client.close()
        raise
    return client


@contextmanager
def serving(folder: Path, preload: Sequence[str] = PRELOAD) -> Iterator[None]:
    """Has processes forked by the server of a folder, which all who ask for one there share."""
    path = folder / "forkserver"
    with (folder / "forkserver.lock").open("w") as lock, (folder / "forkserver.log").open("a") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            hold = connected(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            subprocess.run([sys.executable, SERVER, path, *preload], check=True, timeout=300, stdout=log, stderr=log)
            hold = connected(str(path))
    before, Popen.server = Popen.server, str(path)
    try:
        yield
    finally:
        Popen.server = before
        hold.close()
