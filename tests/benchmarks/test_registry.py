"""The benchmarks by name: the list says what their modules say, and what follows a name is the benchmark's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import registry
from benchmarks.__main__ import command
from benchmarks.harness import results, runner
from benchmarks.harness.machine import this_machine
from benchmarks.harness.results import Result
from benchmarks.registry import BENCHMARKS
from widedeep.components.common.errors import ConfigError


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_says_in_a_line_what_it_measures_and_below_how_it_is_run(name: str) -> None:
    entry = registry.benchmark(name)
    assert entry.measures[-1] in ".?"
    assert f"    python -m benchmarks run {name} [" in registry.source(entry.module).read_text()


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"^unknown benchmark 'taxy': did you mean 'taxi'\?$"):
        registry.benchmark("taxy")
    for arguments in (["run", "servng"], ["table", "servng"]):
        refused = CliRunner().invoke(command, arguments)
        assert str(refused.exception) == "unknown benchmark 'servng': did you mean 'serving'?"


def test_the_list_names_each_with_what_it_takes_and_needs() -> None:
    lines = CliRunner().invoke(command, []).output.splitlines()
    for name, entry in BENCHMARKS.items():
        place = next(number for number, line in enumerate(lines) if line.split()[:1] == [name])
        assert lines[place].endswith(entry.measures)
        assert f"about {entry.minutes} minutes" in lines[place + 1]
        assert lines[place + 2].strip() == f"needs {entry.needs}"


@pytest.mark.parametrize("flags", [(), ("--no-keep",)])
def test_what_follows_the_name_is_the_benchmark_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    ran: list[tuple[str, str, tuple[str, ...]]] = []
    result = Result(
        benchmark="serving",
        arguments=[],
        date=date(2026, 1, 1),
        commit=None,
        seconds=1.0,
        machine=this_machine(),
        figures=[],
    )

    def run(name: str, module: str, arguments: tuple[str, ...]) -> Result:
        ran.append((name, module, arguments))
        return result

    kept: list[Result] = []
    monkeypatch.setattr(runner, "run", run)
    monkeypatch.setattr(results, "keep", lambda result: kept.append(result) or results.RESULTS / "serving.json")
    done = CliRunner().invoke(command, ["run", *flags, "serving", "--quick", "--no-keep"], catch_exceptions=False)
    assert ran == [("serving", "benchmarks.serving.suite", ("--quick", "--no-keep"))]
    assert kept == ([] if flags else [result])
    assert ("benchmarks/results/serving.json" in done.output) == bool(kept)
