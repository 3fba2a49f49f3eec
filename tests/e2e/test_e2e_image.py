"""The image: what it holds, its command line, and Beam's worker pool."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from harness import ROOT
from image_harness import IMAGE, connected, ran, same, shared, started
from worker_pool import DRIVER, check

# Lists the modules of some packages that Python would compile anew at each start.
UNCOMPILED = """
import importlib.util, pathlib, struct, sysconfig
for package in ("components", "pipeline", "serving", "apache_beam", "kfp", "ml_metadata", "tfx", "tensorflow"):
    for source in pathlib.Path(sysconfig.get_path("purelib"), package).rglob("*.py"):
        cached = pathlib.Path(importlib.util.cache_from_source(source))
        # As Python's own check: the time and the size of the source stand in the cache's head.
        wanted = struct.pack("<II", int(source.stat().st_mtime), source.stat().st_size)
        if not cached.exists() or cached.read_bytes()[8:16] != wanted:
            print(source)
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    with connected() as connection:
        yield connection


def test_it_names_its_version_and_holds_compiled_code_and_no_tools(engine: docker.DockerClient) -> None:
    config = engine.images.get(IMAGE).attrs["Config"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert config["Labels"]["org.opencontainers.image.title"] == project["name"]
    assert config["Labels"]["org.opencontainers.image.version"] == project["version"]
    # By number: Kubernetes checks runAsNonRoot by it.
    assert config["User"] == "10001:10001"
    script = "id -u; for one in gcc g++ cc make uv mypy pytest ruff; do command -v $one; done; pip check"
    code, out, err = ran(engine, "-c", script, entrypoint="sh", user="")
    assert (code, out.splitlines()) == (0, ["10001", "No broken requirements found."]), err
    assert ran(engine, "python", "-c", UNCOMPILED)[:2] == (0, "")


def test_the_command_line_answers_any_user_on_a_read_only_disk(engine: docker.DockerClient) -> None:
    code, out, err = ran(engine, "--help", user="4711:4711")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: widedeep [OPTIONS] COMMAND [ARGS]...")
    code, out, err = ran(engine, "runn")
    assert (code, out) == (2, "")
    assert "No such command 'runn'" in err


def test_beams_code_runs_in_its_worker_pool(engine: docker.DockerClient, tmp_path: Path) -> None:
    folder = shared(tmp_path / "out")
    mounts = [same(folder)]
    # As in a pod: both have one network, in which the host's name is known.
    named: dict[str, Any] = {"hostname": "pod", "extra_hosts": {"pod": "127.0.0.1"}}
    with started(engine, "--worker_pool", environment={"ROLE": "worker"}, mounts=mounts, **named) as pool:
        pod: dict[str, Any] = {"network_mode": f"container:{pool.id}", "mounts": mounts}
        driver = ["python", "-c", DRIVER, "50000", str(folder / "sums")]
        code, _, err = ran(engine, *driver, environment={"ROLE": "driver"}, **pod)
        assert code == 0, err
        pool.stop(timeout=60)
        # Not 137: it heeds the signal.
        assert pool.wait()["StatusCode"] == 0
    check(folder / "sums")
