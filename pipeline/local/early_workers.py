"""Beam's worker processes, which are ready when the first step asks for them."""

from __future__ import annotations

import contextlib

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.process import forked_worker
from widedeep.pipeline.definition.beam_options import beam_args, uses_processes
from widedeep.pipeline.definition.config import PipelineConfig

# With it comes what workers need at any step.
_PIPELINE = "widedeep.pipeline.definition.create"


def start_workers_ahead(config: PipelineConfig) -> None:
    """Has the process that forks them import what they need, while this one does so too; where there will be none, not.

    What is wrong with the input is told later, after what is checked before it.
    """
    from widedeep.pipeline.definition.input_files import input_bytes

    with contextlib.suppress(ConfigError):
        if uses_processes(beam_args(config.beam, config.data.format, input_bytes(config.data))):
            forked_worker.server.start([_PIPELINE])
