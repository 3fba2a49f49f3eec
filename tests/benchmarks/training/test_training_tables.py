"""The step's cost as a table."""

from __future__ import annotations

from benchmarks.harness.figures import Figure
from benchmarks.training import tables


def test_a_step_has_a_row_a_model_and_a_column_a_size() -> None:
    milliseconds = {"ours": {"10000000": 4.6, "10000": 4.5, "1000000": 4.55}, "other": {"10000": 3.7, "10000000": 84.0}}
    figures = [
        Figure(f"step_time_1e7_over_1e4_buckets: {model}", 1.0, "", None, "", {"milliseconds": by_size})
        for model, by_size in milliseconds.items()
    ]
    [table] = tables.step_cost(figures)
    assert table.splitlines() == [
        "| ms a step, by wide buckets | 10,000 | 1,000,000 | 10,000,000 |",
        "| --- | --- | --- | --- |",
        "| ours | 4.5 | 4.55 | 4.6 |",
        "| other | 3.7 |  | 84 |",
    ]
