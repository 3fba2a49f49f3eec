"""What is kept of a run, and what is said where it can't be read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from benchmarks.harness.figures import Figure
from benchmarks.harness.machine import Machine
from benchmarks.harness.results import Result, keep, load
from widedeep.components.common.errors import WideDeepError

MACHINE = Machine(cpu="A1", cores=2, memory_gib=3.5, os="Linux 1", python="3.11.1", tensorflow=None)
RESULT = Result(
    benchmark="taxi",
    arguments=["--rounds", "1"],
    date=date(2026, 2, 3),
    commit="abc",
    seconds=2.5,
    machine=MACHINE,
    figures=[Figure("speed", 1.23456, "s", "<= 1.2", "rest", {"rounds": [1, 2]})],
)


def test_a_result_is_kept_beside_its_machine_and_read_back(tmp_path: Path) -> None:
    path = keep(RESULT, tmp_path / "results")
    assert path == tmp_path / "results" / "taxi.json"
    kept = json.loads(path.read_text())
    machine = {"cpu": "A1", "cores": 2, "memory_gib": 3.5, "os": "Linux 1", "python": "3.11.1", "tensorflow": None}
    assert kept["machine"] == machine
    assert (kept["date"], kept["commit"], kept["arguments"]) == ("2026-02-03", "abc", ["--rounds", "1"])
    assert (kept["figures"][0]["value"], kept["figures"][0]["holds"]) == (1.2346, False)
    again = load("taxi", tmp_path / "results")
    assert again is not None
    assert again.machine == MACHINE
    assert again.figures == [Figure("speed", 1.2346, "s", "<= 1.2", "rest", {"rounds": [1, 2]})]


def test_a_later_run_replaces_the_result_before_it(tmp_path: Path) -> None:
    keep(RESULT, tmp_path)
    keep(RESULT.model_copy(update={"seconds": 7.0}), tmp_path)
    again = load("taxi", tmp_path)
    assert again is not None
    assert again.seconds == 7.0


def test_what_was_never_measured_has_no_result(tmp_path: Path) -> None:
    assert load("taxi", tmp_path) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"date": "yesterday"}, r"taxi\.json in .*: date: .*\. Run: python -m benchmarks run taxi$"),
        ({"machine": {"cpus": 2}}, r"machine: Value error, unknown key 'cpus': did you mean 'cpu'\?"),
        ({"figures": [{"name": "a"}]}, r"figures\.0\.value: Field required"),
    ],
)
def test_a_file_that_is_no_result_is_refused_in_words(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = keep(RESULT, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(WideDeepError, match=said):
        load("taxi", tmp_path)


def test_a_file_that_is_no_json_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "taxi.json").write_text("{")
    with pytest.raises(WideDeepError, match=r"is no kept result: Invalid JSON"):
        load("taxi", tmp_path)
