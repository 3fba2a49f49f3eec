"""Runs a benchmark in a process of its own, shows what it says as it says it, and makes a result of its last line."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from pydantic import TypeAdapter, ValidationError

from benchmarks.harness.figures import Figure
from benchmarks.harness.machine import commit, this_machine
from benchmarks.harness.results import Result
from widedeep.components.common.errors import WideDeepError

# An absolute path in an argument: where things lie on a machine is nobody's business.
_FOLDERS = re.compile(r"^(--[\w-]+=)?/.*/")
_Figures = TypeAdapter(list[Figure])


def run(name: str, module: str, arguments: Sequence[str]) -> Result:
    """Runs `python -m module arguments`.

    Raises:
        WideDeepError: it failed, or its last line holds no figures.
    """
    started, version, machine = datetime.now(UTC), commit(), this_machine()
    clock = time.monotonic()
    # Unbuffered, so that a line is seen when it is printed.
    command = [sys.executable, "-u", "-m", module, *arguments]
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            click.echo(line, nl=False)
            last = line.strip() or last
    if process.returncode:
        raise WideDeepError(f"{name} exited with {process.returncode}: there is no result to keep.")
    return Result(
        benchmark=name,
        arguments=[_FOLDERS.sub(r"\1", argument) for argument in arguments],
        date=started.date(),
        commit=version,
        seconds=round(time.monotonic() - clock, 3),
        machine=machine,
        figures=_parsed(name, last),
    )


def show_help(module: str) -> None:
    """What the benchmark says of its arguments."""
    subprocess.run([sys.executable, "-m", module, "--help"], check=True)


def _parsed(name: str, line: str) -> list[Figure]:
    try:
        return _Figures.validate_json(line)
    except ValidationError as error:
        raise WideDeepError(
            f"{name}: its last line is no JSON list of figures, so there is no result to keep: {line[:200]!r}"
        ) from error
