"""The report and the terminal of a regression and of a multi-class label: the metrics that there are."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

from dataclasses import replace

import pytest

from widedeep.pipeline.report.sections.training import training_section
from widedeep.pipeline.report.terminal import show


@pytest.fixture
def regression(record):
    return replace(
        record,
        metrics={
            "candidate": {"calibration": 1.05, "mae": 8.5, "rmse": 12.5, "rows": 2000.0},
            "baseline": {"calibration": 1.0, "mae": 9.0, "rmse": 12.0, "rows": 2000.0},
        },
        slices={
            "sex=F": {"candidate": {"rmse": 10.0, "rows": 900.0}, "baseline": {"rmse": 20.0, "rows": 900.0}},
            "sex=M": {"candidate": {"rmse": 15.0, "rows": 1100.0}, "baseline": {"rmse": 5.0, "rows": 1100.0}},
            "sex=?": {"candidate": {"rmse": None, "rows": 60.0}, "baseline": {"rmse": None, "rows": 60.0}},
        },
        training=[
            {
                "epoch": 1,
                "step": 10,
                "examples": 600,
                "seconds": 0.5,
                "loss": 200.0,
                "rmse": 14.0,
                "mae": 9.5,
                "kept": False,
            },
            {
                "epoch": 2,
                "step": 20,
                "examples": 600,
                "seconds": 0.5,
                "loss": 150.0,
                "rmse": 13.0,
                "mae": 9.0,
                "kept": True,
            },
        ],
    )


@pytest.fixture
def multiclass(record):
    return replace(
        record,
        metrics={"candidate": {"accuracy": 0.5, "logloss": 1.25, "rows": 2000.0}},
        slices={
            "sex=F": {"candidate": {"accuracy": 0.4, "logloss": 1.0, "rows": 900.0}},
            "sex=M": {"candidate": {"accuracy": 0.3, "logloss": 2.5, "rows": 1100.0}},
        },
        training=[
            {
                "epoch": 1,
                "step": 10,
                "examples": 600,
                "seconds": 0.5,
                "loss": 1.5,
                "logloss": 1.4,
                "accuracy": 0.4,
                "kept": True,
            },
        ],
    )


def test_metrics_of_a_regression(page, regression):
    """By 0.5 more the RMSE is worse; by 0.5 less the MAE is better; 1.05 is farther from 1 than 1."""
    assert page(regression).rows("metrics") == [
        ["Metric", "Candidate", "Baseline", "Change"],
        ["RMSE lower is better", "12.5000", "12.0000", "+0.5000 worse"],
        ["MAE lower is better", "8.5000", "9.0000", "−0.5000 better"],
        ["Calibration best at 1", "1.050", "1.000", "+0.050 worse"],
    ]


def test_metrics_of_classes(page, multiclass):
    assert page(multiclass).rows("metrics") == [
        ["Metric", "Candidate"],
        ["Log loss lower is better", "1.2500"],
        ["Accuracy higher is better", "0.5000"],
    ]


def test_slices_of_a_regression_the_worst_first(page, regression):
    shown = page(regression)
    assert shown.rows("slices") == [
        ["Slice", "Rows", "Chart", "RMSE", "Change"],
        ["all rows", "2,000 rows", "", "12.5000", "+0.5000 worse"],
        ["sex=M", "1,100 rows", "", "15.0000", "+10.0000 worse"],
        ["sex=F", "900 rows", "", "10.0000", "−10.0000 better"],
        ["sex=?", "60 rows", "", "n/a", "n/a"],
    ]
    assert shown.text("slices").startswith("Slices RMSE by slice, the highest first. candidate baseline all rows")
    assert shown.part("slices").find(".//tbody//svg/title").text == "RMSE of all rows"


def test_slice_dots_of_a_regression(page, regression):
    """The axis goes from 5 to 20: 12.5 is its middle, 12 lies at 46.7 %."""
    part = page(regression).part("slices")
    pictures = part.findall(".//tbody//svg")
    assert [picture.find("circle").get("cx") for picture in pictures[:3]] == ["50.0%", "66.7%", "33.3%"]
    assert [picture.find("line[@class='base']").get("x1") for picture in pictures[:3]] == ["46.7%", "0.0%", "100.0%"]
    assert [text.text for text in part.findall(".//thead//svg/text")] == ["5", "10", "15", "20"]
    assert pictures[3].find("circle") is None


def test_slices_of_classes(page, multiclass):
    shown = page(multiclass)
    assert [row[3] for row in shown.rows("slices")] == ["Log loss", "1.2500", "2.5000", "1.0000"]
    assert "Log loss by slice, the highest first." in shown.text("slices")
    assert "coin" not in shown.html


def test_no_error_at_all_lies_in_the_middle(page, regression):
    """An RMSE of 0 in every slice leaves the axis something to divide by."""
    regression.metrics = {"candidate": {"rmse": 0.0, "rows": 2000.0}}
    regression.slices = {"sex=F": {"candidate": {"rmse": 0.0, "rows": 900.0}}}
    dots = page(regression).part("slices").findall(".//tbody//svg/circle")
    assert [dot.get("cx") for dot in dots] == ["50.0%", "50.0%"]


@pytest.mark.parametrize(
    ("label", "titles", "heads"),
    [
        ("record", ["Loss", "AUC"], ["Eval log loss", "Eval AUC", "Eval accuracy"]),
        ("regression", ["Loss", "RMSE"], ["Eval RMSE", "Eval MAE"]),
        ("multiclass", ["Loss", "Accuracy"], ["Eval log loss", "Eval accuracy"]),
    ],
)
def test_curves(request, summary, label, titles, heads):
    training = training_section(summary(request.getfixturevalue(label)))
    assert [chart.title for chart in training.charts] == titles
    assert training.heads == ["Epoch", "Step", "Train loss", *heads]
    assert {len(row.cells) for row in training.rows} == {len(training.heads)}


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("record", ["auc", "auc_pr", "logloss", "accuracy", "calibration"]),
        ("regression", ["rmse", "mae", "calibration"]),
        ("multiclass", ["logloss", "accuracy"]),
    ],
)
def test_the_terminal_shows_the_metrics_that_there_are(request, summary, capsys, label, expected):
    show(summary(request.getfixturevalue(label)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["metric", "candidate"]
    assert [line.split()[0] for line in lines[1 : len(expected) + 1]] == expected
    assert lines[len(expected) + 1].startswith("wide part")
