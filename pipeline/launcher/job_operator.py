"""Runs Beam executors so that none of their jobs stays on a cluster when nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfx.orchestration.portable import beam_executor_operator
from tfx.proto.orchestration import execution_result_pb2

from widedeep.pipeline.launcher.cluster_jobs import none_left
from widedeep.pipeline.launcher.failed_jobs import told


class JobOperator(beam_executor_operator.BeamExecutorOperator):
    """TFX's way to a Beam executor, which leaves no job behind."""

    def run_executor(
        self, execution_info: Any, make_beam_pipeline_fn: Callable[[], Any] | None = None
    ) -> execution_result_pb2.ExecutorOutput:
        """Runs the executor for an execution, and returns what it says of its outputs.

        Raises:
            JobFailedError: the step's job failed on a cluster.
        """
        options = beam_options(self._executor_spec)
        with told(options), none_left(options):
            return super().run_executor(execution_info, make_beam_pipeline_fn)


def beam_options(spec: Any) -> list[str]:
    """Beam's options in an executor's specification, as the executor gets them."""
    return [option.value.string_value for option in spec.beam_pipeline_args_placeholders]
