"""The one place where figures are kept: results/NAME.json, beside the machine that they came from."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from benchmarks.harness.figures import Figure, entries
from benchmarks.harness.machine import Machine
from benchmarks.harness.subprocesses import ROOT
from widedeep.components.common.errors import WideDeepError
from widedeep.components.common.files import write_whole
from widedeep.components.common.settings import Strict

RESULTS = ROOT / "benchmarks" / "results"


class Result(Strict):
    """A run of a benchmark.

    Attributes:
        benchmark: its name.
        arguments: that it was run with.
        date: of its start, UTC.
        commit: of the checkout, as `machine.commit` has it.
        seconds: from start to end; None where they were not written down.
        machine: that it ran on.
        figures: what came of it.
    """

    benchmark: str
    arguments: list[str]
    date: date
    commit: str | None
    seconds: float | None
    machine: Machine
    figures: list[Figure]


def keep(result: Result, folder: Path = RESULTS) -> Path:
    """Writes a result in place of the one before; returns the file."""
    kept = result.model_dump(mode="json") | {"figures": entries(result.figures)}
    path = folder / f"{result.benchmark}.json"
    write_whole(path, f"{json.dumps(kept, indent=1, ensure_ascii=False)}\n".encode())
    return path


def load(name: str, folder: Path = RESULTS) -> Result | None:
    """The kept result of a benchmark; None where there is none.

    Raises:
        WideDeepError: the file is not as `keep` writes it.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    try:
        return Result.model_validate_json(path.read_text())
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        said = f"{place}: {error.errors()[0]['msg']}" if place else error.errors()[0]["msg"]
        raise WideDeepError(
            f"{path.name} in {folder.name}/ is no kept result: {said}. Run: python -m benchmarks run {name}"
        ) from error
