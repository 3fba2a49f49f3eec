"""A step on Kubeflow whose executor is killed while its job runs on a job service: the step ends the job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prism import running
from tfx.proto.orchestration import executable_spec_pb2

from tests.pipeline.kubeflow.step import waiting_executors
from tests.pipeline.kubeflow.step.test_subprocess_executor import NAME, kill

__all__ = ["kill"]


def test_the_job_of_a_killed_executor_is_ended_by_the_step(kill: Callable[..., str], tmp_path: Path) -> None:
    with running(tmp_path / "prism.log") as prism:
        spec = executable_spec_pb2.BeamExecutableSpec()
        spec.python_executor_spec.class_path = f"{waiting_executors.__name__}.PipelineExecutor"
        for option in (*prism.pool.options, "--sdk_container_image=none", f"--job_name={NAME}"):
            spec.beam_pipeline_args_placeholders.add().value.string_value = option
        said = kill(spec, lambda: prism.jobs.running(NAME) and prism.pool.started())
        assert said.startswith("the executor was killed by SIGKILL.")
        assert prism.jobs.running(NAME) == []
