"""The Job's pods run what it says they run, and train: but for their names, which lead to this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

# What was prepared to train on, and what processes of the Trainer make of it.
from tests.components.trainer.conftest import prepared  # noqa: F401
from tests.components.trainer.workers.conftest import files, two  # noqa: F401
from tests.components.trainer.workers.training_scene import TWO, assert_alike, served, trained
from tests.pipeline.kubeflow.workers.job_api import Workers
from widedeep.components.common import progress
from widedeep.components.trainer.run import run_fn
from widedeep.components.trainer.workers.local_processes import _free_ports
from widedeep.components.trainer.workers.supervision import teams_by
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.kubeflow.workers import manifests
from widedeep.pipeline.kubeflow.workers.manifests import Step
from widedeep.pipeline.kubeflow.workers.team import JobTeam, start_job

OPTIONS = KubeflowOptions.model_validate({"image": "registry/widedeep:1"})
# The image's `python` is the one at hand; and each name that the Job gives a pod is an address here.
_POD = """
import json, os, sys
addresses, environment, command = {addresses!r}, {environment!r}, {command!r}
config = json.loads(os.environ["TF_CONFIG"])
names = [name.partition(".") for name in config["cluster"]["worker"]]
assert [host for host, _, _ in names] == [f"{{rest.partition(':')[0]}}-{{n}}" for n, (_, _, rest) in enumerate(names)]
config["cluster"]["worker"] = addresses
os.environ.update(environment, TF_CONFIG=json.dumps(config))
assert command[0] == "python"
os.execv(sys.executable, [sys.executable, *command[1:], *sys.argv[1:]])
"""


def pod() -> str:
    """The program of a pod."""
    job = manifests.job(OPTIONS, "/x", 2, Step("step-0", "uid-of-the-step", "pipeline-runner"))
    [container] = job["spec"]["template"]["spec"]["containers"]
    # Where the code lies is the image's business.
    environment = {key: os.environ[key] for key in ("PYTHONPATH",) if key in os.environ}
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(2)]
    return _POD.format(addresses=addresses, environment=environment, command=container["command"])


def test_pods_train_what_processes_of_the_trainer_do(
    cluster: Callable[..., Workers],
    prepared: Any,  # noqa: F811
    files: list[str],  # noqa: F811
    two: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api = cluster(pod())
    # They need the processor more than whoever looks at them.
    monkeypatch.setattr(JobTeam, "pause", 0.5)
    reports: list[Any] = []
    with teams_by(partial(start_job, OPTIONS)), progress.listener(reports.append):
        run_fn(prepared.fn_args(tmp_path, train_files=files, training=TWO))
    assert_alike(trained(tmp_path), trained(two))
    assert (served(tmp_path, prepared) == served(two, prepared)).all()
    assert reports[-1]["step"] == json.loads((two / "reports.json").read_text())[-1]["step"]
    assert (api.jobs, api.services, api.running) == ({}, {}, {})
    # The output of two pods.
    assert len(list(tmp_path.glob("widedeep-training-*-[01].txt"))) == 2
