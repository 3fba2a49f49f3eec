"""The programs that can serve a candidate: which one is taken, how it is called, and where it listens."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from widedeep.components.dryrun.dry_run_options import DryRunOptions

NAME = "candidate"
STAND_IN = "stand_in"
_SOCKET = "unix:"
_WIDEDEEP = (sys.executable, "-m", "widedeep.pipeline.cli")


def server_name(options: DryRunOptions) -> str:
    """The server that `auto` stands for here."""
    if options.server != "auto":
        return options.server
    return "tensorflow_model_server" if shutil.which("tensorflow_model_server") else STAND_IN


@contextmanager
def listening_address(server: str) -> Iterator[str]:
    """Where a server is to listen, as gRPC writes it: on this machine alone.

    TensorFlow's server has no option for the interface, and listens on all of them; but it takes a socket in a folder,
    here one of this user's.
    """
    if server == "tensorflow_model_server":
        with tempfile.TemporaryDirectory(prefix="widedeep-") as folder:
            yield f"{_SOCKET}{folder}/grpc"
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    yield f"127.0.0.1:{port}"


def server_command(server: str, base: Path, address: str, options: DryRunOptions) -> list[str]:
    """What starts a server of the versions under `base`."""
    if server == "tensorflow_model_server":
        # A model that can't be loaded is not tried again, a minute later each time: the server then says why.
        only = ["--port=0", f"--grpc_socket_path={address.removeprefix(_SOCKET)}", "--max_num_load_retries=0"]
        return [server, *only, f"--model_name={NAME}", f"--model_base_path={base}"]
    port = address.rpartition(":")[2]
    if server == "docker":
        published = ["--publish", f"127.0.0.1:{port}:8500"]
        mounted = ["--mount", f"type=bind,source={base},target=/models/{NAME},readonly"]
        name = f"widedeep-dry-run-{uuid.uuid4().hex[:8]}"
        environment = ["-e", f"MODEL_NAME={NAME}"]
        return ["docker", "run", "--rm", "--name", name, *published, *mounted, *environment, options.image]
    ports = ["--port", port, "--rest-port", "0"]
    return [*_WIDEDEEP, "serve", str(base), "--name", NAME, *ports]


def arguments(command: list[str]) -> list[str]:
    """What `widedeep` is called with by the stand-in's command."""
    return command[len(_WIDEDEEP) :]
