"""A server without a model, which says the same to everybody: what is left is the client and the transport.

    python -m benchmarks.serving.servers.canned_server FOLDER

FOLDER: Predict and GetModelMetadata, each the bytes of an answer.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

METHODS = ("Predict", "GetModelMetadata")


def _same(answer: bytes) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    return lambda _request, _context: answer


def main() -> None:
    """Answers until it gets a signal."""
    folder, ended = Path(sys.argv[1]), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    server = grpc.server(ThreadPoolExecutor(8))
    handlers = {name: grpc.unary_unary_rpc_method_handler(_same((folder / name).read_bytes())) for name in METHODS}
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("tensorflow.serving.PredictionService", handlers),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"ready: gRPC 127.0.0.1:{port}", flush=True)
    ended.wait()
    server.stop(0).wait()


if __name__ == "__main__":
    main()
