"""Beam's direct runner on one machine, with worker processes that start and end fast."""

from __future__ import annotations

import shlex
import sys

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult

_WORKER = "widedeep.components.common.process.direct_worker"


class DirectEngine(FnApiRunner):
    """The engine that Beam's DirectRunner chooses for most pipelines, taken for all: it is the one that is tested."""

    def run_via_runner_api(
        self, pipeline_proto: beam_runner_api_pb2.Pipeline, options: PipelineOptions
    ) -> PipelineResult:
        """Runs a pipeline; where it asks for worker processes, they are direct_worker.py's."""
        for environment in pipeline_proto.components.environments.values():
            if environment.urn == python_urns.SUBPROCESS_SDK:
                # Of a shell. With -P no file of the folder that it runs in is taken for a module.
                environment.payload = shlex.join([sys.executable, "-P", "-m", _WORKER]).encode()
        return super().run_via_runner_api(pipeline_proto, options)
