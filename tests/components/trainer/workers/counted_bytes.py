"""A worker whose bytes to and from the others are counted: python -m tests.components.trainer.workers.counted_bytes.

It reaches each of the others at a port of the process that started it, which counts what it passes on.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import suppress

from widedeep.components.trainer.worker import command

# Of the environment: the ports at which to reach the workers instead of their own, JSON.
VARIABLE = "COUNTED_PORTS"
_CHUNK = 1 << 16


class Counter:
    """Passes on what comes to ports of its own, and counts the bytes of both directions; threads do.

    Not threads of the workers: TensorFlow lets none of Python's run while it connects.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._lock = threading.Lock()

    def port_to(self, port: int) -> int:
        """A port that leads to another."""
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(listener, port), daemon=True).start()
        return int(listener.getsockname()[1])

    def _accept(self, listener: socket.socket, port: int) -> None:
        while True:
            near, _ = listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", port))
            except OSError:
                # The worker does not listen yet: the other one tries again.
                near.close()
                continue
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                with self._lock:
                    self.bytes += len(chunk)
                target.sendall(chunk)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """See `worker.command`."""
    config = json.loads(os.environ["TF_CONFIG"])
    addresses = [f"127.0.0.1:{port}" for port in json.loads(os.environ[VARIABLE])]
    own = config["task"]["index"]
    addresses[own] = config["cluster"]["worker"][own]
    config["cluster"]["worker"] = addresses
    os.environ["TF_CONFIG"] = json.dumps(config)
    command()


if __name__ == "__main__":
    main()
