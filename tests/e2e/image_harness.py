"""Containers of the image that `make image` builds.

Needs a Docker engine (DOCKER_HOST, where it is not at its usual place) that sees this machine's files and ports, and
the image.
"""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import DockerException, ImageNotFound
from docker.types import Mount

IMAGE = "widedeep-tfx:latest"
# What a container writes must be ours to remove. root may remove anything, and so takes the image's own user.
USER = f"{os.getuid() or 10001}:{os.getgid() or 10001}"
# A step as in a cluster: no network but the loopback, nothing to be written but in the volumes.
STEP: dict[str, Any] = {"network_mode": "none", "read_only": True, "tmpfs": {"/tmp": "mode=1777"}, "user": USER}


def _engine() -> docker.DockerClient:
    with warnings.catch_warnings():
        # Where nothing answers, docker leaves its socket open.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return docker.from_env(timeout=600)
        except DockerException as error:
            told = str(error)
        gc.collect()
    pytest.skip(f"No Docker engine answers ({told}). Where it is not at its usual place, set DOCKER_HOST.")


@contextmanager
def connected() -> Iterator[docker.DockerClient]:
    """The engine; without one, or without the image, the test is skipped."""
    engine = _engine()
    try:
        engine.images.get(IMAGE)
        yield engine
    except ImageNotFound:
        pytest.skip(f"The engine has no image {IMAGE}: make image builds it.")
    finally:
        engine.close()


@contextmanager
def started(engine: docker.DockerClient, *command: str, **more: Any) -> Iterator[Any]:
    container = engine.containers.run(IMAGE, list(command), detach=True, **{**STEP, **more})
    try:
        yield container
    finally:
        container.remove(force=True)


def ran(engine: docker.DockerClient, *command: str, **more: Any) -> tuple[int, str, str]:
    """The exit code of a container, and what it said on both outputs."""
    with started(engine, *command, **more) as container:
        code = container.wait()["StatusCode"]
        out, err = (container.logs(stdout=stdout, stderr=not stdout).decode() for stdout in (True, False))
    return code, out, err


def same(folder: Path, **more: Any) -> Mount:
    """A folder at the path that it has here."""
    return Mount(str(folder), str(folder), type="bind", **more)


def shared(folder: Path) -> Path:
    """A folder into which containers may write."""
    folder.mkdir()
    folder.chmod(0o777)
    return folder
