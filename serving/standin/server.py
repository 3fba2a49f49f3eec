"""Both interfaces over one Core, from start to an orderly end."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from widedeep.components.common.errors import ConfigError, WideDeepError, reason
from widedeep.serving.request_log import RequestLog
from widedeep.serving.standin.batching.parameters import Parameters
from widedeep.serving.standin.core import Core
from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.grpc_server import GrpcServer
from widedeep.serving.standin.rest.app import rest_app
from widedeep.serving.standin.tls import Tls, UvicornTls


@dataclass(frozen=True)
class Options:
    """How to serve; a port 0 is any free one."""

    host: str = "127.0.0.1"
    port: int = 8500
    rest_port: int = 8501
    poll: float = 1.0  # seconds
    reload_root: Path | None = None
    batching: Parameters | None = None
    tls: Tls | None = None
    max_concurrent: int = 64
    max_message_mib: int = 64
    request_log: RequestLog | None = None


class Server:
    """TF Serving's two interfaces on a folder of models."""

    def __init__(self, config: ModelServerConfig, options: Options) -> None:
        """Raises ConfigError where the config or the certificates can't be used."""
        self._options = options
        if options.tls:
            options.tls.check()
        try:
            self.core = Core(
                config,
                root=options.reload_root,
                poll=options.poll,
                batching=options.batching,
                max_concurrent=options.max_concurrent,
                request_log=options.request_log,
            )
        except ServingError as error:
            raise ConfigError(f"The models can't be served: {error.message}") from None
        self._grpc: GrpcServer | None = None
        self._rest: _Rest | None = None

    @property
    def port(self) -> int:
        """gRPC's, once started."""
        assert self._grpc is not None
        return self._grpc.port

    @property
    def rest_port(self) -> int:
        """REST's, once started."""
        assert self._rest is not None
        return self._rest.port

    def start(self) -> None:
        """Loads the models, then listens. After an error everything is closed again.

        Raises:
            WideDeepError: a port is taken.
        """
        options = self._options
        self.core.start()
        try:
            self._rest = _Rest(self.core, options)
            self._grpc = GrpcServer(
                self.core,
                options.host,
                options.port,
                tls=options.tls,
                max_message=options.max_message_mib << 20,
                max_concurrent=options.max_concurrent,
            )
        except BaseException:
            self.stop(0)
            raise

    def stop(self, grace: float) -> None:
        """Takes no more requests, lets those in flight end within so many seconds, and closes the models."""
        deadline = time.monotonic() + grace
        ended = self._grpc.stop(grace) if self._grpc else None
        if self._rest:
            self._rest.stop(grace)
        if ended:
            ended.wait()
        self.core.close(max(0.0, deadline - time.monotonic()))


class _Rest:
    """uvicorn in a thread of its own."""

    def __init__(self, core: Core, options: Options) -> None:
        self._socket = _listening(options.host, options.rest_port)
        self.port = int(self._socket.getsockname()[1])
        tls = options.tls.uvicorn() if options.tls else UvicornTls()
        app = rest_app(core, max_body_bytes=options.max_message_mib << 20, max_concurrent=options.max_concurrent)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", **tls)
        self._config, self._server = config, uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="rest", daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)
        if not self._server.started:
            raise WideDeepError(f"REST did not start on {options.host}:{self.port}. The log above says why.")

    def stop(self, grace: float) -> None:
        self._config.timeout_graceful_shutdown = max(1, round(grace))
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def _listening(host: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise WideDeepError(f"REST can't listen on {host}:{port}: {reason(error)}. Give another --rest-port.") from None
    # Connections inherit it; asyncio sets it only for sockets that it has made itself. Without it an answer's body
    # waits 40 ms for the client to acknowledge its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
