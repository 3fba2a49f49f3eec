"""The report's chart of each feature's importance."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

import pytest


def importance(count: int = 2, **changes):
    features = [
        {"feature": f"feature{number}", "loss": 0.1 - 0.06 * number, "interval": [-0.1, 0.2]} for number in range(count)
    ]
    return {"metric": "auc", "rows": 5000, "all_rows": False, "features": features} | changes


def test_features_are_drawn_with_what_is_lost_without_them(page, record):
    record.importance, record.split = importance(3), "holdout"
    shown = page(record)
    assert shown.rows("importance") == [
        ["Feature", "Chart", "Loss of AUC"],
        ["feature0", "", "0.1000"],
        ["feature1", "", "0.0400"],
        ["feature2", "", "−0.0200"],
    ]
    assert "on some 5,000 rows of 'holdout'" in shown.text("importance")
    drawn = shown.part("importance").findall(".//td/svg")
    assert [svg.find("title").text for svg in drawn][:1] == ["Loss of AUC without feature0"]
    assert drawn[0].find("desc").text == "0.1000 (−0.1000 to +0.2000)"
    dots = [float(svg.find("circle").get("cx").rstrip("%")) for svg in drawn]
    [line] = {float(svg.find("line[@class='reference']").get("x1").rstrip("%")) for svg in drawn}
    # A loss lies right of none, a gain left of it, in proportion.
    assert dots[2] < line < dots[1] < dots[0]
    assert (dots[0] - line) / (dots[1] - line) == pytest.approx(2.5, rel=0.02)


def test_many_features(page, record):
    record.importance = importance(32)
    shown = page(record)
    assert len(shown.rows("importance")) == 31
    assert "2 more features that matter less are in run.json." in shown.text("importance")


def test_why_nothing_was_measured(page, record):
    record.importance = importance(0, rows=0, left_out="300 features would take minutes")
    assert page(record).text("importance") == "What it relies on Not measured: 300 features would take minutes"
    record.importance = None
    assert not page(record).has("importance")
