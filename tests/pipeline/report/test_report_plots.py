"""The report's plots of an evaluation, and its intervals. Places are reckoned from the record by hand."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

from dataclasses import replace

from widedeep.pipeline.report.sections.plots import plot_charts
from widedeep.pipeline.report.terminal import show


def test_curves(full, summary):
    roc, precision, calibration = plot_charts(summary(full))
    assert [chart.title for chart in (roc, precision, calibration)] == ["ROC", "Precision", "Calibration"]
    assert roc.text == "candidate: AUC 0.7500; baseline: AUC 0.7000."
    assert precision.text == "candidate: PR-AUC 0.5000; baseline: PR-AUC 0.5000."


def test_calibration(full, summary):
    """Values from 0.1 to 0.9 make axes from 0 to 1: 0.5 lies at x 196, 0.45 at y 146, give or take 0.05 by 12."""
    chart = plot_charts(summary(full))[2]
    baseline, candidate = chart.lines
    assert candidate.parts == ["76,218 196,146 316,86"]
    assert candidate.whiskers == [(76, 230, 206), (196, 158, 134), (316, 98, 74)]
    assert baseline.whiskers == []
    assert candidate.dots[1].tip == "candidate: 0.5000 predicted, 0.4500 true"
    assert chart.text == (
        "candidate: farthest off where it predicts 0.9000 and 0.7000 is true; "
        "baseline: farthest off where it predicts 0.2000 and 0.1000 is true."
    )
    assert (chart.by, chart.xlabel) == ("true by predicted", "predicted")


def test_calibration_in_numbers(page, full):
    assert page(full).rows("curves") == [
        ["Rows", "Predicted", "True", "95 % interval"],
        ["200", "0.1000", "0.1500", "0.1000 to 0.2000"],
        ["200", "0.5000", "0.4500", "0.4000 to 0.5000"],
        ["200", "0.9000", "0.7000", "0.6500 to 0.7500"],
    ]
    assert "in 3 equal shares by score, the lowest first." in page(full).text("curves")


def test_residuals(record, summary):
    """Of a model whose bins are not all numbers there is no line."""
    shares = {"candidate": [0.25, 0.5, 0.25], "baseline": [0.5, None, 0.25]}
    [chart] = plot_charts(summary(replace(record, plots={"residuals": {"middles": [-1, 0, 1], "shares": shares}})))
    assert [(line.name, line.parts) for line in chart.lines] == [("candidate", ["46,134 196,14 346,134"])]


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
    """The axis goes from 0.55 to 0.9: 0.65 lies at 28.6 %, and 0.7 to 0.8 at 42.9 to 71.4 %."""
    shown = page(full)
    pictures = shown.part("slices").findall(".//tbody//svg")
    whiskers = [[(line.get("x1"), line.get("x2")) for line in p.findall("line[@class='whisker']")] for p in pictures]
    assert whiskers == [[("42.9%", "71.4%")], [("0.0%", "28.6%")], []]
    assert [len(picture.findall("line[@class='cap']")) for picture in pictures] == [2, 2, 0]
    assert pictures[1].find("desc").text == "candidate 0.6000 (0.5500 to 0.6500), baseline 0.7000"
    assert [row[-1] for row in shown.rows("slices")[1:]] == ["+0.0500 noise?", "−0.1000 noise?", "+0.1000 better"]
    assert "95 % interval" in shown.text("slices")


def test_open_questions(page, full):
    assert page(full).text("unsettled") == (
        "1 question that the evaluation leaves open auc is 0.0500 higher, the rows don't settle it"
    )
    assert not page(replace(full, unsettled=[])).has("unsettled")
    full.unsettled.append("two")
    assert page(full).text("unsettled").startswith("2 questions that")
