"""The report's plots of an evaluation, and its intervals. Places are reckoned from the record by hand."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.evaluator.plots import CalibrationShare, Residuals
from widedeep.pipeline.report.axes import FLOOR, LEFT, RIGHT, TOP, WIDTH
from widedeep.pipeline.report.calibration import calibration_chart
from widedeep.pipeline.report.curves import curve_charts
from widedeep.pipeline.report.residuals import residual_chart
from widedeep.pipeline.report.terminal import show


def test_curves(full, summary):
    """x: 46 to 346; y: 254 to 14. So 0.25 lies at x 121 and 0.75 at y 74."""
    roc, precision, calibration = curve_charts(summary(full))
    assert [chart.title for chart in (roc, precision, calibration)] == ["ROC", "Precision", "Calibration"]
    assert [(line.name, line.look, line.parts) for line in roc.lines] == [
        ("baseline", "dashed", ["46,254 196,74 346,14"]),
        ("candidate", "solid", ["46,254 121,74 346,14"]),
    ]
    assert roc.reference == (46, 254, 346, 14)
    assert roc.text == "candidate: AUC 0.7500; baseline: AUC 0.7000."
    assert precision.lines[1].parts == ["196,14 346,134"]
    assert precision.reference is None
    assert precision.text == "candidate: PR-AUC 0.5000; baseline: PR-AUC 0.5000."
    assert [label for _, label in roc.xticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_calibration(full, summary):
    """Values from 0.1 to 0.9 make axes from 0 to 1: 0.5 lies at x 196, 0.45 at y 146, give or take 0.05 by 12."""
    chart = curve_charts(summary(full))[2]
    baseline, candidate = chart.lines
    assert candidate.parts == ["76,218 196,146 316,86"]
    assert candidate.whiskers == [(76, 230, 206), (196, 158, 134), (316, 98, 74)]
    assert baseline.whiskers == []
    assert candidate.dots[1].label == "candidate: 0.5000 predicted, 0.4500 true"
    assert chart.text == (
        "candidate: farthest off where it predicts 0.9000 and 0.7000 is true; "
        "baseline: farthest off where it predicts 0.2000 and 0.1000 is true."
    )
    assert chart.reference == (LEFT, FLOOR, WIDTH - RIGHT, TOP)
    assert (chart.by, chart.xlabel) == ("true by predicted", "predicted")


def test_calibration_in_numbers(page, full):
    assert page(full).rows("curves") == [
        ["Rows", "Predicted", "True", "95 % interval"],
        ["200", "0.1000", "0.1500", "0.1000 to 0.2000"],
        ["200", "0.5000", "0.4500", "0.4000 to 0.5000"],
        ["200", "0.9000", "0.7000", "0.6500 to 0.7500"],
    ]
    assert "in 3 equal shares by score, the lowest first." in page(full).text("curves")


def test_residuals():
    """Bins at -1, 0 and 1, of which the middle one holds half: x 196 and y 14 on an axis that ends at 0.5."""
    shares = {"candidate": [0.25, 0.5, 0.25], "baseline": [0.5, 0.25, 0.25]}
    chart = residual_chart(Residuals(middles=[-1, 0, 1], shares=shares))
    assert [line.parts for line in chart.lines] == [["46,14 196,134 346,134"], ["46,134 196,14 346,134"]]
    assert chart.reference == (196, FLOOR, 196, TOP)
    assert chart.text == "candidate: most rows near 0.00; baseline: most rows near −1.00."


@pytest.mark.parametrize(
    "residuals",
    [
        {"middles": [1], "shares": {}},
        {"middles": [1, 2], "shares": {"candidate": [1]}},
        {"middles": [], "shares": {}},
    ],
)
def test_residuals_that_say_nothing(residuals):
    assert residual_chart(Residuals.model_validate(residuals)) is None


def test_what_each_class_was_taken_for(page, record):
    confusion = {"classes": [0, 4], "rows": [1200, 8], "shares": [[0.75, 0.2, 0.05], [0.5, 0.5, 0]]}
    calibration = [{"predicted": 0.5, "actual": 0.5, "low": 0.4, "high": 0.6, "rows": 1208}]
    record.plots = {"models": {"candidate": {"confusion": confusion, "calibration": calibration}}}
    shown = page(record).part("curves")
    table = shown.findall(".//table")[1]
    assert [["".join(cell.itertext()) for cell in row][:3] for row in table.find("thead")] == [["Class", "Rows", "0"]]
    cells = [[svg.find("desc").text for svg in row.iter("svg")] for row in table.find("tbody")]
    assert cells == [["75 %", "20 %", "5 %"], ["50 %", "50 %", "0 %"]]
    assert [svg.find("title").text for svg in table.iter("svg")][:3] == [
        "0 taken for 0",
        "0 taken for 4",
        "0 taken for other",
    ]
    rects = [svg.find("rect") for svg in table.iter("svg")]
    assert [(rect.get("class"), rect.get("fill-opacity")) for rect in rects[3:]] == [
        ("second", "0.50"),
        ("fill", "0.50"),
        ("second", "0.00"),
    ]
    assert "how sure" in page(record).text("curves")


def test_without_plots_there_is_no_section(page, record):
    assert not page(record).has("curves")
    assert not page(replace(record, plots={"models": {"candidate": {"roc": [], "pr": [], "calibration": []}}})).has(
        "curves"
    )


def test_intervals_below_the_numbers(page, full):
    rows = page(full).rows("metrics")
    assert rows[1] == [
        "AUC higher is better",
        "0.7500 0.7000 to 0.8000",
        "0.7000",
        "+0.0500 noise? −0.0100 to +0.1100",
    ]
    assert rows[3] == ["Log loss lower is better", "0.2500", "0.2000", "+0.0500 worse +0.0200 to +0.0800"]
    assert rows[5][1] == "0.900 0.850 to 0.950"
    lead = page(full).text("metrics")
    assert "Below a number stands its 95 % interval; a change whose interval holds 0 may be noise." in lead
    del full.metrics["baseline"]
    assert "Below a number stands its 95 % interval. " in page(full).text("metrics")


def test_the_terminal_tells_noise_and_open_questions(full, summary, capsys):
    show(summary(full))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["auc", "0.7500", "0.7000", "+0.0500", "noise?"] in lines
    assert ["logloss", "0.2500", "0.2000", "+0.0500", "worse"] in lines
    assert ["warning:", "auc", "is", "0.0500", "higher,", "the", "rows", "don't", "settle", "it"] in lines


def test_intervals_of_slices(page, full):
    """On the axis from 0.5 to 1 an interval of 0.55 to 0.65 lies at 10 to 30 %; that of all rows at 40 to 60 %."""
    shown = page(full)
    bars = shown.part("slices").findall(".//tbody//svg")
    whiskers = [[(line.get("x1"), line.get("x2")) for line in bar.findall("line[@class='whisker']")] for bar in bars]
    assert whiskers == [[("40.00%", "60.00%")], [("10.00%", "30.00%")], []]
    assert bars[1].find("desc").text == "candidate 0.6000 (0.5500 to 0.6500), baseline 0.7000"
    assert [row[-1] for row in shown.rows("slices")[1:]] == ["+0.0500 noise?", "−0.1000 noise?", "+0.1000 better"]
    assert "95 % interval" in shown.text("slices")


def test_open_questions(page, full):
    assert page(full).text("unsettled") == (
        "1 question that the evaluation leaves open auc is 0.0500 higher, the rows don't settle it"
    )
    assert not page(replace(full, unsettled=[])).has("unsettled")
    full.unsettled.append("two")
    assert page(full).text("unsettled").startswith("2 questions that")


VALUES = st.none() | st.floats()
TENTHS = st.lists(
    max_size=10,
    elements=st.builds(CalibrationShare, predicted=VALUES, actual=VALUES, low=VALUES, high=VALUES, rows=st.just(1.0)),
)


@given(TENTHS)
def test_calibration_lies_in_the_box(tenths):
    chart = calibration_chart({"candidate": tenths}, sure=False)
    for line in chart.lines if chart else []:
        for dot in line.dots:
            assert LEFT <= dot.x <= WIDTH - RIGHT
            assert TOP <= dot.y <= FLOOR
        for x, low, high in line.whiskers:
            assert LEFT <= x <= WIDTH - RIGHT
            assert TOP <= high <= FLOOR
            assert TOP <= low <= FLOOR
