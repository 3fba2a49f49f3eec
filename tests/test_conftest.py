"""Which tests one process runs together, and that property tests try the same examples every time."""

from __future__ import annotations

from types import SimpleNamespace

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.conftest import FUZZ, explore, scope


@pytest.mark.parametrize(
    ("nodeid", "together"),
    [
        ("tests/pipeline/test_cli.py::test_help", "tests/pipeline/test_cli.py"),
        ("tests/pipeline/report/test_report.py::test_number[1]", "tests/pipeline/report/test_report.py"),
        (f"tests/pipeline/report/test_report.py::test_number[{'1' * 400}]", "tests/pipeline/report/test_report.py"),
        ("tests/e2e/census/test_e2e_tuning.py::test_best", "tests/e2e/census"),
        ("tests/e2e/test_e2e_serving.py::test_the_same_scores[census]", "tests/e2e/census"),
        ("tests/e2e/test_e2e_faults.py::test_wrong[training]", "tests/e2e/test_e2e_faults.py"),
    ],
)
def test_the_tests_of_a_slice_of_data_run_in_one_process(nodeid: str, together: str) -> None:
    assert scope(nodeid) == together


def test_the_same_examples_are_tried_every_time(request: pytest.FixtureRequest) -> None:
    fuzzed = request.config.getoption("--hypothesis-profile") == "fuzz"
    assert hypothesis.settings().derandomize is not fuzzed


def test_fuzzing_tries_ten_times_as_many_examples() -> None:
    tried = []

    @hypothesis.settings(max_examples=7, database=None)
    @hypothesis.given(st.integers())
    def law(number: int) -> None:
        tried.append(number)

    explore(SimpleNamespace(obj=law))
    law()
    assert len(tried) == FUZZ * 7
