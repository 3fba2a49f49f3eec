"""The kept results as Markdown: `python -m benchmarks table`, and the documentation's page on performance."""

from __future__ import annotations

import shlex

from benchmarks.harness import markdown
from benchmarks.harness.figures import Figure
from benchmarks.harness.markdown import number
from benchmarks.harness.results import Result, load
from benchmarks.registry import BENCHMARKS, benchmark

_MET = {True: "yes", False: "no", None: ""}


def overview() -> str:
    """A row a benchmark: what it measures, how long that takes, and what it needs."""
    header = ["benchmark", "measures", "minutes, on two cores", "needs"]
    rows = [[f"`{name}`", entry.measures, f"about {entry.minutes}", entry.needs] for name, entry in BENCHMARKS.items()]
    return markdown.table(header, rows)


def tables() -> str:
    """All benchmarks, each under a heading of the third level. Imports no TensorFlow."""
    return "\n\n".join(f"### {name}\n\n{table(name)}" for name in BENCHMARKS)


def table(name: str) -> str:
    """A benchmark: what it measures, on what machine, its tables, and every figure.

    Raises:
        ConfigError: there is no such benchmark.
        WideDeepError: what is kept of it can't be read.
    """
    chosen = benchmark(name)
    result = load(name)
    if result is None:
        return f"{chosen.measures}\n\nNot measured yet: `python -m benchmarks run {name}`."
    header = ["figure", "value", "unit", "goal", "met", "against"]
    figures = markdown.table(header, map(_row, result.figures))
    return "\n\n".join([chosen.measures, _origin(result), *chosen.tables(result.figures), figures])


def _row(figure: Figure) -> list[str]:
    return [figure.name, number(figure.value), figure.unit, figure.goal or "", _MET[figure.holds], figure.against]


def _origin(result: Result) -> str:
    """Where the numbers come from, as far as it is known."""
    machine = result.machine
    parts = [
        machine.cpu,
        f"{machine.cores} cores" if machine.cores else None,
        f"{machine.memory_gib:g} GiB" if machine.memory_gib else None,
        machine.os,
        f"Python {machine.python}" if machine.python else None,
        f"TensorFlow {machine.tensorflow}" if machine.tensorflow else None,
    ]
    at = f" at {result.commit}" if result.commit else ""
    known = ", ".join(part for part in parts if part)
    command = shlex.join(["python", "-m", "benchmarks", "run", result.benchmark, *result.arguments])
    return f"Measured on {result.date}{at}{f' ({known})' if known else ''} by `{command}`."
