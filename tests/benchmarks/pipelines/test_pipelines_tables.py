"""Quality and days as tables."""

from __future__ import annotations

from benchmarks.harness.figures import Figure
from benchmarks.pipelines import tables


def _figure(name: str, details: dict[str, object]) -> Figure:
    return Figure(name, 0.5, "", None, "", details)


def test_quality_has_a_row_a_data_set_and_a_column_a_model() -> None:
    scores = {"wide": {"mean": 0.76915, "sd": 0.0004}, "deep": {"mean": 0.7932, "sd": 0.001}}
    figures = [
        _figure("mine_auc", {"split": "by hash", **scores, "wide_deep": {"mean": 0.8, "sd": 0.0}}),
        _figure("mine_joint_over_better_half", {"wide": 0.7}),
        _figure("other_auc", {"split": "original", "deep": {"mean": 0.9}}),
        _figure("other_accuracy", {"split": "original", "wide_deep": {"mean": 0.8663}}),
    ]
    auc, accuracy = (table.splitlines() for table in tables.quality(figures))
    assert auc == [
        "| auc | wide | deep | joint |",
        "| --- | --- | --- | --- |",
        "| mine, by hash | 0.7692 ± 0.0004 | 0.7932 ± 0.0010 | 0.8000 ± 0.0000 |",
        "| other, original |  | 0.9000 |  |",
    ]
    assert accuracy[0] == "| accuracy | wide | deep | joint |"
    assert accuracy[2:] == ["| other, original |  |  | 0.8663 |"]


def test_days_have_a_column_each_in_the_order_of_time() -> None:
    rows = [
        {"day": 1, "start": "warm", "auc": 0.7, "baseline_auc": None},
        {"day": 1, "start": "cold", "auc": 0.7, "baseline_auc": None},
        {"day": 2, "start": "warm", "auc": 0.81, "baseline_auc": 0.75},
        {"day": 2, "start": "cold", "auc": 0.72, "baseline_auc": 0.71},
    ]
    details = {"days": rows, "poisoned": {"day": 2, "stopped_by": "drift from day 1"}}
    table, stopped = tables.days([_figure("five_days_auc_warm", details)])
    assert table.splitlines() == [
        "| AUC | day 1 | day 2 |",
        "| --- | --- | --- |",
        "| from the last blessed model | 0.7000 | 0.8100 |",
        "| from nothing | 0.7000 | 0.7200 |",
        "| the last blessed model itself, untrained on the day |  | 0.7500 |",
    ]
    assert stopped == "Day 2 with ages in months was stopped: drift from day 1"
