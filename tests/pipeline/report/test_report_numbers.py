"""Numbers and changes as the report writes them."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

import math

import pytest

from widedeep.pipeline.report.numbers import between, change, compact, count, duration, fixed, number, pair


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
        ("gini", 0.7, 0.8, "−0.1000", ""),
    ],
)
def test_change(name, candidate, baseline, text, word):
    shown = change(name, candidate, baseline)
    assert (shown.text, shown.word) == (text, word)


@pytest.mark.parametrize(
    ("interval", "word"),
    [((-0.02, -0.01), "worse"), ((-0.02, 0.001), "noise?"), ((-0.02, 0.0), "noise?"), (None, "worse")],
)
def test_a_change_whose_interval_holds_0_may_be_noise(interval, word):
    assert change("auc", 0.79, 0.8, interval=interval).word == word


def test_compact():
    texts = [compact(value) for value in (0.03123456, 11.75, 1998, -12000.4, 9999.6, 1e20)]
    assert texts == ["0.03123", "11.75", "1998", "−12,000", "10,000", "1e+20"]


def test_intervals():
    assert pair([0.25, 1]) == (0.25, 1.0)
    assert [pair(raw) for raw in (None, [0.5], [0.5, math.nan], ["a", 1], "ab", [None, 1])] == [None] * 6
    assert between((0.25, 0.5)) == "0.2500 to 0.5000"
    assert between((-0.25, 0.5), 2, sign=True) == "−0.25 to +0.50"
    assert between(None) == ""


def test_change_of_what_is_missing():
    assert change("auc", None, 0.7) is None
    assert change("auc", 0.7, None) is None
