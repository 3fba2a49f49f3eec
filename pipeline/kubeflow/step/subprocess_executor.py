"""Executors in a process of their own: python -m widedeep.pipeline.kubeflow.step.subprocess_executor PARENT FOLDER.

The container's process then needs no TensorFlow to find a result in the cache, and can tell what became of an executor
that the system killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from google.protobuf import any_pb2
from tfx.orchestration.portable import base_executor_operator
from tfx.proto.orchestration import executable_spec_pb2, execution_invocation_pb2, execution_result_pb2

from widedeep.components.common.errors import WideDeepError
from widedeep.components.common.process import lean_imports
from widedeep.components.common.process.parent import die_with
from widedeep.pipeline.kubeflow.step.process_exit import run_and_exit
from widedeep.pipeline.kubeflow.step.supervisor import killed
from widedeep.pipeline.launcher.cluster_jobs import cluster_of
from widedeep.pipeline.launcher.job_operator import beam_options

_PYTHON, _BEAM = executable_spec_pb2.PythonClassExecutableSpec, executable_spec_pb2.BeamExecutableSpec
_SPEC, _INVOCATION, _OUTPUT = "spec", "invocation", "output"
# Has the name of the Job of a training's workers.
NOTE = "workers-job"
# Seconds for an executor that is to end, as for its job on a cluster; Kubernetes gives a pod 30 in all.
_GRACE = 20.0


class ExecutorFailedError(WideDeepError):
    """An executor failed, and has told why itself."""

    def __init__(self, exit_code: int) -> None:
        super().__init__("the executor failed; its error stands above.")
        self.exit_code = exit_code


class SubprocessOperator(base_executor_operator.BaseExecutorOperator):
    """TFX's way to an executor, through a child process."""

    SUPPORTED_EXECUTOR_SPEC_TYPE = [_PYTHON, _BEAM]
    SUPPORTED_PLATFORM_CONFIG_TYPE: list[Any] = []

    def run_executor(self, execution_info: Any) -> execution_result_pb2.ExecutorOutput:
        """Runs the executor for an execution, and returns what it says of its outputs.

        Raises:
            ExecutorFailedError: it failed.
            WideDeepError: it was killed.
        """
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            spec = any_pb2.Any()
            spec.Pack(self._executor_spec)
            (folder / _SPEC).write_bytes(spec.SerializeToString())
            (folder / _INVOCATION).write_bytes(execution_info.to_proto().SerializeToString())
            code = run_child(child_command("subprocess_executor", folder))
            if code == 0:
                return execution_result_pb2.ExecutorOutput.FromString((folder / _OUTPUT).read_bytes())
            if code < 0:
                self._clear(folder)
        if code > 0:
            raise ExecutorFailedError(code)
        raise WideDeepError(f"the executor was {killed(-code)}")

    def _clear(self, folder: Path) -> None:
        """Ends what a killed executor has begun on a cluster, if it can have: till the next attempt it would run on."""
        is_beam = isinstance(self._executor_spec, _BEAM)
        if (is_beam and cluster_of(beam_options(self._executor_spec))) or (folder / NOTE).exists():
            run_child(child_command("left_behind", folder))


OPERATORS = {_PYTHON: SubprocessOperator, _BEAM: SubprocessOperator}


def child_command(module: str, folder: Path) -> list[str]:
    """Runs a module of this room in a process that ends with this one."""
    return [sys.executable, "-P", "-m", f"{__package__}.{module}", str(os.getpid()), str(folder)]


class _TerminationError(BaseException):
    """A SIGTERM was sent to this process."""


def run_child(command: list[str]) -> int:
    """Runs a command to its end; of a SIGTERM it hears too, and then has some time before this process follows."""

    def leave(*_: Any) -> None:
        raise _TerminationError

    before = signal.signal(signal.SIGTERM, leave)
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except _TerminationError:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.raise_signal(signal.SIGTERM)
            raise
        finally:
            signal.signal(signal.SIGTERM, before)


def read_spec(folder: Path) -> Any:
    """The executor's specification, as its parent has written it."""
    packed = any_pb2.Any.FromString((folder / _SPEC).read_bytes())
    spec = _BEAM() if packed.Is(_BEAM.DESCRIPTOR) else _PYTHON()
    packed.Unpack(spec)
    return spec


def _execute(folder: Path) -> None:
    """The child's part. TensorFlow and the executor are imported here alone."""
    from rich.console import Console
    from tfx.orchestration.portable import data_types, python_executor_operator

    from widedeep.components.common.process import beam_memos
    from widedeep.pipeline.kubeflow.workers.choice import chosen_workers
    from widedeep.pipeline.launcher.job_operator import JobOperator
    from widedeep.pipeline.local.progress_display import ProgressDisplay

    beam_memos.install()
    spec = read_spec(folder)
    operator_class = JobOperator if isinstance(spec, _BEAM) else python_executor_operator.PythonExecutorOperator
    # First: the artifacts' own types must be known when the invocation is read.
    operator = operator_class(spec)
    invocation = execution_invocation_pb2.ExecutionInvocation.FromString((folder / _INVOCATION).read_bytes())
    info = data_types.ExecutionInfo.from_proto(invocation)
    with ProgressDisplay(Console(stderr=True, highlight=False, soft_wrap=True)), chosen_workers(folder / NOTE):
        output = operator.run_executor(info)
    (folder / _OUTPUT).write_bytes(output.SerializeToString())


if __name__ == "__main__":
    exchange, parent = Path(sys.argv.pop()), int(sys.argv.pop())
    die_with(parent)
    lean_imports.install()
    run_and_exit(lambda: _execute(exchange))
