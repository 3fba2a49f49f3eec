"""What is built from the checkout, and environments that it is installed into, by the set-up's own uv."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = version("widedeep-tfx")
UV = Path(sys.executable).with_name("uv")
# How uv says that a registry is out of reach.
UNREACHABLE = ("Failed to fetch", "error sending request", "dns error", "network was disabled")


def uv(*arguments: str | Path) -> str:
    """What uv prints; the test is skipped where PyPI can't be reached."""
    done = subprocess.run([UV, *arguments], capture_output=True, text=True, check=False, timeout=600, cwd=ROOT)
    if done.returncode and any(words in done.stderr for words in UNREACHABLE):
        pytest.skip(f"needs PyPI (hatchling, and the base dependencies of the wheel): {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def built(kind: str, source: Path, folder: Path) -> Path:
    """Builds a distribution, `sdist` or `wheel`, as `make setup` does: with the pinned tools."""
    uv("build", f"--{kind}", "--build-constraints", ROOT / "tools" / "build.lock", "--out-dir", folder, source)
    [distribution] = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return distribution


def environment(folder: Path) -> Path:
    """An empty virtual environment of this Python; returns its interpreter."""
    uv("venv", "--quiet", "--python", sys.executable, folder)
    return folder / "bin" / "python"


def called(*command: str | Path, cwd: Path, path: Path | str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command with nothing else of ours on Python's path."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path:
        variables["PYTHONPATH"] = str(path)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, cwd=cwd, env=variables)
