"""Environments for what cannot be installed beside TFX: pinned with hashes, built once, kept in the cache folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import click

from widedeep.components.common.errors import WideDeepError
from widedeep.pipeline.datasets.wheel import cached_path

_PYTHON = "3.11"


def interpreter(lock: Path) -> Path:
    """The Python of an environment that holds exactly what `lock` names; the first call builds it (a minute).

    Args:
        lock: requirements with hashes, as `uv pip compile --generate-hashes` writes them.

    Raises:
        WideDeepError: uv could not build it; the message holds what uv said.
    """
    venv = folder_of(lock)
    python = venv / "bin" / "python"
    if not (venv / ".complete").exists():
        click.echo(f"building {venv} from {lock.name}", err=True)
        _uv("venv", "--quiet", "--no-project", "--clear", "--python", _PYTHON, str(venv))
        _uv("pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python", str(python), str(lock))
        (venv / ".complete").touch()
    return python


def folder_of(lock: Path) -> Path:
    """Where the environment lies: a changed lock has another."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    return cached_path().parent / f"{lock.parent.name}-{digest}"


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    # An active environment is none of uv's business here.
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise WideDeepError(
            f"uv {' '.join(arguments)} failed: {done.stderr.strip()[-2000:]}\n"
            f"The environment needs Python {_PYTHON} on the PATH and a reachable PyPI."
        )
