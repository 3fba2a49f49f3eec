"""The geometry of the training curve, and numbers as the report writes them."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.trainer.training.training_record import Epoch
from widedeep.pipeline.report.axes import BOTTOM, LEFT, RIGHT, TOP, WIDTH
from widedeep.pipeline.report.charts import HEIGHT, training_charts
from widedeep.pipeline.report.numbers import between, change, compact, count, duration, fixed, number, pair


def curve(*rows):
    """Epochs of some values, numbered from 1."""
    blank = {"step": 1, "examples": 1, "seconds": 1.0}
    return [Epoch.model_validate({"epoch": number, **blank, **row}) for number, row in enumerate(rows, 1)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "n/a"),
        (0.0, "< 0.1 s"),
        (0.05, "0.1 s"),
        (17.84, "17.8 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (125.0, "2 min 05 s"),
        (3599.6, "1 h 00 min"),
        (3725.0, "1 h 02 min"),
        (360000.0, "100 h 00 min"),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_fixed():
    assert [fixed(0.95135), fixed(-0.5, 1), fixed(None), fixed(1.5e9)] == ["0.9514", "−0.5", "n/a", "1.5e+09"]


def test_count():
    assert [count(1475.0), count(None), count(1e20)] == ["1,475", "n/a", "1e+20"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None, 10**400, 1e200])
def test_no_number(value):
    assert number(value) is None


@pytest.mark.parametrize(
    ("name", "candidate", "baseline", "text", "word"),
    [
        ("auc", 0.8, 0.7, "+0.1000", "better"),
        ("auc", 0.7, 0.8, "−0.1000", "worse"),
        ("auc", 0.70001, 0.7, "0.0000", "same"),
        ("logloss", 0.7, 0.8, "−0.1000", "better"),
        ("calibration", 1.1, 1.3, "−0.2000", "better"),
        ("calibration", 0.7, 0.9, "−0.2000", "worse"),
        ("calibration", 0.9, 1.1, "−0.2000", "same"),
        ("recall", 0.7, 0.8, "−0.1000", ""),
    ],
)
def test_change(name, candidate, baseline, text, word):
    found = change(name, candidate, baseline)
    assert (found.text, found.word) == (text, word)


@pytest.mark.parametrize(
    ("interval", "word"),
    [((-0.02, -0.01), "worse"), ((-0.02, 0.001), "noise?"), ((-0.02, 0.0), "noise?"), (None, "worse")],
)
def test_a_change_whose_interval_holds_0_may_be_noise(interval, word):
    assert change("auc", 0.79, 0.8, interval=interval).word == word


def test_compact():
    found = [compact(value) for value in (0.03123456, 11.75, 1998, -12000.4, 9999.6, 1e20)]
    assert found == ["0.03123", "11.75", "1998", "−12,000", "10,000", "1e+20"]


def test_intervals():
    assert pair([0.25, 1]) == (0.25, 1.0)
    assert [pair(raw) for raw in (None, [0.5], [0.5, math.nan], ["a", 1], "ab", [None, 1])] == [None] * 6
    assert between((0.25, 0.5)) == "0.2500 to 0.5000"
    assert between((-0.25, 0.5), 2, sign=True) == "−0.25 to +0.50"
    assert between(None) == ""


def test_change_of_what_is_missing():
    assert change("auc", None, 0.7) is None
    assert change("auc", 0.7, None) is None


def test_a_missing_value_parts_the_line():
    losses = [0.5, 0.4, math.nan, 0.3, math.nan, 0.2, 0.1]
    chart = training_charts(curve(*({"loss": loss} for loss in losses))).charts[0]
    (line,) = chart.lines
    assert [len(part.split()) for part in line.parts] == [2, 2]
    assert len(line.dots) == 5


def test_one_epoch_is_a_dot_in_the_middle():
    chart = training_charts(curve({"loss": 0.5})).charts[0]
    assert chart.lines[0].parts == []
    assert chart.lines[0].dots[0].x == LEFT + (WIDTH - LEFT - RIGHT) / 2
    assert chart.xticks == [(196.0, "1")]


def test_many_epochs_have_a_line_and_few_ticks():
    chart = training_charts(curve(*({"loss": 1 / epoch} for epoch in range(1, 101)))).charts[0]
    assert chart.lines[0].dots == []
    assert [label for _, label in chart.xticks] == ["20", "40", "60", "80", "100"]


def test_equal_values_lie_inside():
    """0.5 twice: the axis is 0.45 to 0.55, and the line in its middle, at (14 + 180) / 2."""
    chart = training_charts(curve({"loss": 0.5}, {"loss": 0.5})).charts[0]
    assert chart.lines[0].parts == ["46,97 346,97"]


def test_in_numbers():
    training = training_charts(curve({"loss": 0.5}, {"loss": 0.25}))
    assert [cells for cells, _ in training.rows] == [["1", "1", "0.5000"], ["2", "1", "0.2500"]]
    assert [chart.title for chart in training.charts] == ["Loss"]


VALUES = st.none() | st.floats()


@given(st.lists(st.fixed_dictionaries({"loss": VALUES}, optional={"logloss": VALUES, "auc": VALUES}), max_size=9))
def test_everything_lies_in_the_box(rows):
    for chart in training_charts(curve(*rows)).charts:
        dots = [(dot.x, dot.y) for line in chart.lines for dot in line.dots]
        ends = [
            tuple(map(float, pair.split(","))) for line in chart.lines for part in line.parts for pair in part.split()
        ]
        for x, y in dots + ends:
            assert LEFT - 0.1 <= x <= WIDTH - RIGHT + 0.1
            assert TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1
        assert len(chart.xticks) <= 7
        assert 2 <= len(chart.yticks) <= 8
