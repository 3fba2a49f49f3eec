"""gRPC as Beam's direct runner uses it, at addresses of this machine alone.

Beam listens at all addresses for its worker processes, and asks nobody who they are. Whoever reaches the ports could
read the rows on their way, and any file that the run may read: one of the services hands out artifacts by their path.
"""

from __future__ import annotations

from typing import Any

import grpc

_EVERYWHERE, _HERE = "[::]", "localhost"


class LoopbackGrpc:
    """The module `grpc`, whose servers listen on the loopback interface where they would on all."""

    def __getattr__(self, name: str) -> Any:
        return getattr(grpc, name)

    def server(self, *arguments: Any, **named: Any) -> grpc.Server:
        """See grpc.server."""
        server = grpc.server(*arguments, **named)
        listen = server.add_insecure_port
        server.add_insecure_port = lambda address: listen(address.replace(_EVERYWHERE, _HERE))
        return server
