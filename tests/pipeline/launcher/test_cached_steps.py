"""A step is found in the cache whatever Beam's options are that don't matter, and runs anew for those that do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from job_manager import JobManager
from tfx.dsl.compiler import compiler, constants
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.portable import runtime_parameter_utils

from tests.pipeline.launcher.noting_component import Noting
from widedeep.components.metadata.connection import sqlite_connection
from widedeep.pipeline.local.launcher import run_node

HERE = ("--runner=widedeep.components.common.process.direct_engine.DirectEngine", "--direct_num_workers=1")
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a step of Beam with some options, by the launcher of a local run; gives how it ended."""
    connection = sqlite_connection(tmp_path / "metadata.sqlite")

    def launch(*options: str) -> str:
        made = tfx_pipeline.Pipeline(
            pipeline_name="noting",
            pipeline_root=str(tmp_path / "artifacts"),
            metadata_connection_config=connection,
            components=[Noting(tmp_path / "notes")],
            enable_cache=True,
            beam_pipeline_args=list(options),
        )
        compiled = compiler.Compiler().compile(made)
        launch.runs += 1  # type: ignore[attr-defined]
        names = {constants.PIPELINE_RUN_ID_PARAMETER_NAME: str(launch.runs)}  # type: ignore[attr-defined]
        runtime_parameter_utils.substitute_runtime_parameter(compiled, names)
        [node] = compiled.nodes
        return run_node(compiled, node.pipeline_node, connection).state

    launch.runs = 0  # type: ignore[attr-defined]
    return launch


def test_another_place_is_no_other_result_and_other_code_is(run: Run, job_manager: JobManager, tmp_path: Path) -> None:
    flink = ("--runner=FlinkRunner", f"--flink_master={job_manager.address}", "--environment_type=EXTERNAL")
    states = [
        run(*HERE),
        run(*HERE, "--direct_running_mode=multi_processing", "--direct_num_workers=0"),
        run(*flink, "--environment_config=localhost:50000", "--parallelism=4"),
        run(*flink, "--environment_config=localhost:50000", "--sdk_container_image=registry/widedeep:2"),
        run(*HERE, "--sdk_container_image=registry/widedeep:2"),
        run(*HERE),
    ]
    assert states == ["COMPLETE", "CACHED", "CACHED", "COMPLETE", "CACHED", "CACHED"]
    assert (tmp_path / "notes").read_text() == "ran\n" * 2
    # A cached step has no job to look for.
    assert job_manager.asked == ["GET /v1/jobs/overview", "GET /v1/jars"]
