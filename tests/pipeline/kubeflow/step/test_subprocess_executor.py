"""An executor's process hears of a SIGTERM, and can end what it began elsewhere; else the step does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from job_manager import JobManager
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import executable_spec_pb2

from tests.components.trainer.workers import fault_table
from tests.pipeline.kubeflow import kube_api
from tests.pipeline.kubeflow.step import waiting_executors
from tests.pipeline.kubeflow.workers.job_api import Workers
from widedeep.components.common.errors import WideDeepError
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.kubeflow.step.subprocess_executor import SubprocessOperator
from widedeep.pipeline.kubeflow.workers.choice import choose_pods

NAME = "widedeep-taxi-transform-0a1b2c3d"
ROOT = Path(__file__).parents[4]
# The processes of the step find the stand-in for the cluster as they would find a cluster.
WITHIN = """
from kubernetes import config
from pathlib import Path
from widedeep.pipeline.kubeflow.workers import removal
config.load_incluster_config = lambda: config.load_kube_config({kubeconfig!r})
removal._NAMESPACE = Path({namespace!r})
"""

# Arguments: a file to write. Ends its work on SIGTERM, which takes some time.
EXECUTOR = """
import signal, sys, time
def leave(*_):
    time.sleep(0.3)
    open(sys.argv[1], "a").write("ended its job")
    sys.exit(143)
signal.signal(signal.SIGTERM, leave)
open(sys.argv[1], "w").write("working, ")
time.sleep(600)
"""
STEP = """
import sys
from widedeep.pipeline.kubeflow.step.subprocess_executor import run_child
run_child([sys.executable, "-c", *sys.argv[1:]])
"""


def test_a_terminated_step_ends_by_the_signal_after_its_executor_has(tmp_path: Path) -> None:
    written = tmp_path / "written"
    with subprocess.Popen([sys.executable, "-c", STEP, EXECUTOR, str(written)]) as step:
        deadline = time.monotonic() + 120
        while not (written.exists() and written.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        step.send_signal(signal.SIGTERM)
        assert step.wait(60) == -signal.SIGTERM
    assert written.read_text() == "working, ended its job"


@pytest.fixture
def kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Has an executor run in its process, kills that once something is begun, and gives what the step says."""
    monkeypatch.setenv(waiting_executors.FILE, str(tmp_path / "executor"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)

    def killed(spec: Any, begun: Callable[[], Any]) -> str:
        def end() -> None:
            deadline = time.monotonic() + 120
            while not ((tmp_path / "executor").exists() and begun()):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            os.kill(int((tmp_path / "executor").read_text()), signal.SIGKILL)

        killer = threading.Thread(target=end)
        killer.start()
        info = data_types.ExecutionInfo(execution_id=1, input_dict={}, output_dict={}, exec_properties={})
        info.execution_output_uri = info.stateful_working_dir = info.tmp_dir = str(tmp_path)
        with pytest.raises(WideDeepError) as caught:
            SubprocessOperator(spec).run_executor(info)
        killer.join()
        return str(caught.value)

    return killed


def test_the_beam_job_of_a_killed_executor_is_ended_by_the_step(
    job_manager: JobManager, kill: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    spec = executable_spec_pb2.BeamExecutableSpec()
    spec.python_executor_spec.class_path = f"{waiting_executors.__name__}.BeamExecutor"
    for option in ("--runner=FlinkRunner", f"--flink_master={job_manager.address}", f"--job_name={NAME}"):
        spec.beam_pipeline_args_placeholders.add().value.string_value = option

    def submitted() -> bool:
        job_manager.submit("a1", NAME)
        job_manager.submit("b1", "of-another-step")
        return True

    assert kill(spec, submitted).startswith("the executor was killed by SIGKILL. Most often it needed more memory")
    assert (job_manager.states["a1"], job_manager.states["b1"]) == ("CANCELLING", "RUNNING")
    told = f"Cancelling job a1 ({NAME}) at http://{job_manager.address}, whose executor was killed."
    assert told in capfd.readouterr().err


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    made = Workers(tmp_path, program="import time; time.sleep(600)")
    server = kube_api.serve(made, tmp_path / "kubeconfig")
    (tmp_path / "namespace").write_text("kubeflow")
    places = {name: str(tmp_path / name) for name in ("kubeconfig", "namespace")}
    (tmp_path / "sitecustomize.py").write_text(WITHIN.format(**places))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("HOSTNAME", "step-0")
    # Put back afterwards.
    monkeypatch.setenv("WIDEDEEP_WORKERS_AS_PODS", "")
    choose_pods("Trainer", KubeflowOptions.model_validate({"image": "registry/widedeep:1"}))
    yield made
    for job in list(made.jobs):
        made.delete_jobs(job, {"propagationPolicy": "Background"}, None)
    server.shutdown()
    server.server_close()


def test_the_workers_of_a_killed_trainer_are_ended_by_the_step(cluster: Workers, kill: Callable[..., str]) -> None:
    spec = executable_spec_pb2.PythonClassExecutableSpec(class_path=f"{waiting_executors.__name__}.TrainerExecutor")
    told = kill(spec, lambda: cluster.services)
    assert fault_table.words(fault_table.EXECUTOR_KILLED).match(told)
    assert (cluster.jobs, cluster.services, cluster.running) == ({}, {}, {})
