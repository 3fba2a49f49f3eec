"""The kept results as Markdown: nothing that is kept is missing from it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from benchmarks import tables
from benchmarks.harness.figures import Figure
from benchmarks.harness.machine import Machine
from benchmarks.harness.results import RESULTS, Result, load
from benchmarks.registry import BENCHMARKS

KEPT = sorted(path.stem for path in RESULTS.glob("*.json"))


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> Result:
    """What is kept of `layouts`, which has no tables of its own."""
    result = Result(
        benchmark="layouts",
        arguments=["--rounds", "2"],
        date=date(2026, 2, 3),
        commit="abc",
        seconds=None,
        machine=Machine(cpu="A1", cores=2, memory_gib=3.5, os="Linux 1", python="3.11.1", tensorflow="2.21.0"),
        figures=[Figure("speed", 0.25, "s", "<= 1.2", "rest", {}), Figure("size", 1234.5, "MB", None, "", {})],
    )
    monkeypatch.setattr(tables, "load", lambda _: result)
    return result


def test_a_table_has_the_machine_and_a_row_a_figure(result: Result) -> None:
    assert tables.table(result.benchmark).splitlines()[2:] == [
        "Measured on 2026-02-03 at abc (A1, 2 cores, 3.5 GiB, Linux 1, Python 3.11.1, TensorFlow 2.21.0) by "
        "`python -m benchmarks run layouts --rounds 2`.",
        "",
        "| figure | value | unit | goal | met | against |",
        "| --- | --- | --- | --- | --- | --- |",
        "| speed | 0.25 | s | <= 1.2 | yes | rest |",
        "| size | 1,234.5 | MB |  |  |  |",
    ]


def test_what_is_not_known_of_the_machine_is_not_said(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = Machine(cpu=None, cores=None, memory_gib=None, os=None, python=None, tensorflow=None)
    older = result.model_copy(update={"machine": unknown, "commit": None, "arguments": []})
    monkeypatch.setattr(tables, "load", lambda _: older)
    assert tables.table("layouts").splitlines()[2] == "Measured on 2026-02-03 by `python -m benchmarks run layouts`."


def test_what_was_not_measured_says_how_it_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "load", lambda _: None)
    assert tables.table("taxi").splitlines()[2:] == ["Not measured yet: `python -m benchmarks run taxi`."]


def test_what_is_kept_is_of_benchmarks_that_there_are() -> None:
    assert KEPT
    assert set(KEPT) <= set(BENCHMARKS)


@pytest.mark.parametrize("name", KEPT)
def test_every_kept_figure_stands_in_its_table(name: str) -> None:
    result = load(name)
    assert result is not None
    assert result.benchmark == name
    cells = [line.strip("| ").split(" | ") for line in tables.table(name).splitlines() if line.startswith("| ")]
    values = {row[0]: float(row[1].replace(",", "")) for row in cells if row[0] in {f.name for f in result.figures}}
    assert values == {figure.name: figure.value for figure in result.figures}


def test_all_tables_stand_under_their_names() -> None:
    headings = [line for line in tables.tables().splitlines() if line.startswith("#")]
    assert headings == [f"### {name}" for name in BENCHMARKS]


def test_the_overview_has_a_row_a_benchmark() -> None:
    [_, _, *rows] = tables.overview().splitlines()
    assert [row.split(" | ")[0] for row in rows] == [f"| `{name}`" for name in BENCHMARKS]
    assert [row.split(" | ")[1] for row in rows] == [entry.measures for entry in BENCHMARKS.values()]


def test_tables_need_no_tensorflow() -> None:
    heavy = "{'tensorflow', 'tfx', 'apache_beam', 'kfp'}"
    code = f"import sys, benchmarks.tables as tables; tables.tables(); print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=Path.cwd())
    assert done.stdout.strip() == "set()"
