"""Which tests one process runs together."""

from __future__ import annotations

import pytest

from tests.conftest import scope


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
