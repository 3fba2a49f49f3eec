"""Manifests as kustomize builds them, and published schemas from the packages that carry them."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from widedeep.pipeline.definition.beam_options import BeamOptions, beam_args

ROOT = Path(__file__).resolve().parents[2]
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
Object = dict[str, Any]
Build = Callable[..., list[Object]]
Pick = Callable[[list[Object], str, str], Object]


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where tools and schemas stay from one test run to the next: outside the repository."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "widedeep-tests")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def kustomize(cache: Path) -> list[str]:
    """kubectl's kustomize, kustomize itself, or one built by Go."""
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    built = cache / "kustomize"
    program = shutil.which("kustomize") or (str(built) if built.exists() else None)
    if not program:
        go("install", KUSTOMIZE, env={"GOBIN": str(cache)})
        program = str(built)
    return [program, "build"]


def go(*arguments: str, env: dict[str, str] | None = None) -> str:
    """What Go prints; skips where there is no Go, or it can't reach its modules."""
    if not shutil.which("go"):
        pytest.skip(f"needs Go to `go {' '.join(arguments)}`")
    done = subprocess.run(
        ["go", *arguments], cwd="/", env=os.environ | (env or {}), capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        pytest.skip(f"`go {' '.join(arguments)}`: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


@pytest.fixture(scope="session")
def go_module() -> Callable[[str], Path]:
    """From "module@version" to the folder with its sources, which Go fetches and checks."""

    def folder(module: str) -> Path:
        return Path(json.loads(go("mod", "download", "-json", module))["Dir"])

    return folder


@pytest.fixture(scope="session")
def build(kustomize: list[str], tmp_path_factory: pytest.TempPathFactory) -> Build:
    """build("serving/base", "serving/components/canary") -> the objects, and those of components put onto them."""

    @functools.cache
    def built(folder: str, *components: str) -> str:
        path = ROOT / "kubeflow" / folder
        if components:
            overlay = tmp_path_factory.mktemp("overlay")
            # kustomize takes no absolute paths.
            relative = [os.path.relpath(ROOT / "kubeflow" / name, overlay.resolve()) for name in (folder, *components)]
            text = {"resources": relative[:1], "components": relative[1:]}
            (overlay / "kustomization.yaml").write_text(yaml.safe_dump(text))
            path = overlay
        done = subprocess.run([*kustomize, str(path)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return lambda *folders: list(yaml.safe_load_all(built(*folders)))


@pytest.fixture(scope="session")
def pick() -> Callable[[list[Object], str, str], Object]:
    """pick(objects, kind, name) -> the one of that name, be it with a digest of its content at the end."""

    def picked(objects: list[Object], kind: str, name: str) -> Object:
        pattern = re.compile(rf"{re.escape(name)}(-[a-z0-9]{{10}})?")
        [resource] = [
            manifest
            for manifest in objects
            if manifest["kind"] == kind and pattern.fullmatch(manifest["metadata"]["name"])
        ]
        return resource

    return picked


@pytest.fixture(scope="session")
def flink(build: Build, pick: Pick) -> Object:
    """Flink's cluster."""
    return pick(build("flink"), "FlinkDeployment", "widedeep-flink")


@pytest.fixture(scope="session")
def pool(flink: Object) -> Object:
    """The side-car of its task managers."""
    containers = flink["spec"]["taskManager"]["podTemplate"]["spec"]["containers"]
    [worker_pool] = [container for container in containers if container["name"] == "beam-worker-pool"]
    return worker_pool


@pytest.fixture(scope="session")
def options() -> Any:
    """Beam's own reading of the options that the pipeline hands to it."""
    from apache_beam.options import pipeline_options as beam

    snippet = yaml.safe_load((ROOT / "kubeflow" / "flink" / "pipeline.yaml").read_text())
    assert list(snippet) == ["beam"]
    arguments = beam_args(BeamOptions(**snippet["beam"]), "csv", 1)
    read = beam.PipelineOptions(arguments)
    # What Beam does not know it would ignore.
    unknown = {name.split("=")[0].removeprefix("--") for name in arguments} - set(read.get_all_options())
    assert unknown <= {"environment_config"}
    return read
