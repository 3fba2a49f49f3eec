"""The wheel, and an environment with it and its base dependencies alone, as `pip install widedeep-tfx` makes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import ROOT, built, environment, uv


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of the bare environment. The lock gives the versions, so that every time is the same."""
    python = environment(tmp_path_factory.mktemp("bare") / "venv")
    uv("pip", "install", "--quiet", "--python", python, "--constraints", "requirements.lock", wheel)
    return python
