"""A benchmark runs in a process of its own: its lines are seen, its last line becomes a result."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.harness import runner
from benchmarks.harness.machine import this_machine
from widedeep.components.common.errors import WideDeepError

ENTRY = {"name": "a", "value": 2.0, "unit": "s", "goal": "<= 1", "holds": False, "against": "b", "details": {"c": 1}}


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A benchmark that prints its arguments, then what stands in the file `last`, and exits with the code in `code`."""
    source = "import sys, pathlib\nprint(*sys.argv[1:])\nprint(pathlib.Path('last').read_text())\n"
    (tmp_path / "measure.py").write_text(f"{source}sys.exit(int(pathlib.Path('code').read_text()))\n")
    (tmp_path / "last").write_text(json.dumps([ENTRY]))
    (tmp_path / "code").write_text("0")
    monkeypatch.chdir(tmp_path)
    return "measure"


def test_a_result_holds_the_figures_the_machine_and_the_arguments(
    module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = datetime.now(UTC).date()
    result = runner.run("mine", module, ["--rounds", "1"])
    assert capsys.readouterr().out.splitlines() == ["--rounds 1", json.dumps([ENTRY])]
    assert (result.benchmark, result.arguments) == ("mine", ["--rounds", "1"])
    [figure] = result.figures
    assert (figure.name, figure.value, figure.holds, figure.details) == ("a", 2.0, False, {"c": 1})
    assert result.machine == this_machine()
    assert before <= result.date <= datetime.now(UTC).date()
    assert result.seconds is not None
    assert result.seconds > 0


def test_arguments_are_kept_without_the_folders_of_this_machine(module: str) -> None:
    result = runner.run("mine", module, ["/home/ann/data", "--out=/tmp/x/y", "--data", "data/movielens", "a/b"])
    assert result.arguments == ["data", "--out=y", "--data", "data/movielens", "a/b"]


def test_a_benchmark_that_fails_leaves_no_result(module: str) -> None:
    Path("code").write_text("3")
    with pytest.raises(WideDeepError, match=r"^mine exited with 3: there is no result to keep\.$"):
        runner.run("mine", module, [])


@pytest.mark.parametrize("line", ["done", "{}", '[{"name": "a"}]'])
def test_a_last_line_that_holds_no_figures_is_told(module: str, line: str) -> None:
    Path("last").write_text(line)
    with pytest.raises(WideDeepError, match=r"mine: its last line is no JSON list of figures") as refused:
        runner.run("mine", module, [])
    assert str(refused.value).endswith(repr(line))
