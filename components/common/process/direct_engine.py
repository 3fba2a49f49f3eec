"""Beam's direct runner on one machine, with worker processes that start and end fast."""

from __future__ import annotations

from apache_beam.portability import python_urns
from apache_beam.runners.portability.fn_api_runner import FnApiRunner, worker_handlers

from widedeep.components.common.process.direct_workers import WorkerProcess
from widedeep.components.common.process.loopback import LoopbackGrpc

# In the place of Beam's own, wherever a pipeline of this process asks for worker processes.
worker_handlers.WorkerHandler.register_environment(python_urns.SUBPROCESS_SDK, bytes)(WorkerProcess)
worker_handlers.grpc = LoopbackGrpc()


class DirectEngine(FnApiRunner):
    """The engine that Beam's DirectRunner chooses for most pipelines, taken for all: it is the one that is tested."""
