"""Tables as Markdown."""

from __future__ import annotations

import pytest

from benchmarks.harness import markdown


def test_a_table_has_a_line_a_row_and_escapes_its_bars() -> None:
    assert markdown.table(["a", "b"], [["1", "x|y"], ["", "two\nlines"]]).splitlines() == [
        "| a | b |",
        "| --- | --- |",
        "| 1 | x\\|y |",
        "|  | two lines |",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.7946, "0.7946"), (447.0, "447"), (1234.5, "1,234.5"), (-0.0001, "-0.0001"), (-0.00001, "0"), (0.0, "0")],
)
def test_a_number_has_four_decimals_at_most_and_no_zeros_at_its_end(value: float, text: str) -> None:
    assert markdown.number(value) == text
