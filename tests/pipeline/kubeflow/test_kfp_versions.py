"""The next release of KFP: the same compiled pipeline, and a client that the same server understands.

TFX holds KFP below it, so it is laid over the installed one, in a folder of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# The compiler imports all of TFX.
pytestmark = pytest.mark.slow
VERSION = "2.17.3"
PACKAGES = ("kfp", "kfp-kubernetes", "kfp-pipeline-spec", "kfp-server-api")


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of processes that find the other release first."""
    folder = tmp_path_factory.mktemp("kfp")
    wanted = [f"{name}=={VERSION}" for name in PACKAGES]
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", folder, *wanted]
    done = subprocess.run(install, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"KFP {VERSION} can't be had from PyPI here: {done.stderr.strip()[-300:]}")
    return os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def ran(overlay: dict[str, str], *arguments: str) -> str:
    line = [sys.executable, *arguments]
    done = subprocess.run(line, env=overlay, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_compiled_pipeline_differs_in_the_versions_name_alone(overlay: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "compiled.yaml"
    code = (
        f"from pathlib import Path; from tools import compiled_specs; compiled_specs.write('{{}}', Path({str(out)!r}))"
    )
    ran(overlay, "-c", code.format("kubeflow/movielens.yaml"))
    expected = (ROOT / "kubeflow" / "movielens.yaml").read_text()
    [sdk] = [line for line in expected.splitlines() if line.startswith("sdkVersion: ")]
    assert sdk.startswith("sdkVersion: kfp-2.16.")
    assert out.read_text() == expected.replace(sdk, f"sdkVersion: kfp-{VERSION}")


def test_the_client_starts_and_follows_runs(overlay: dict[str, str]) -> None:
    """All that is asked of the installed one."""
    assert ran(overlay, "-c", "import kfp; print(kfp.__version__)").strip() == VERSION
    file = "tests/pipeline/kubeflow/client/test_kubeflow_submit.py"
    told = ran(overlay, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--numprocesses=0", file)
    assert " passed" in told
    assert " failed" not in told
