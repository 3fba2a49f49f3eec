"""The report's section on the search for options, and what the terminal says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from widedeep.pipeline.report.terminal import show

HOSTILE = "<script>alert('x')</script>{{ 7 * 7 }}"


def trial(number, value, seconds=1.0, error=None, **values):
    values = {"wide.l1": 0.123456, "deep.hidden": [64, 32], "deep.optimizer": "adam", "patience": None} | values
    return {"trial": number, "values": values, "value": value, "seconds": seconds, "error": error}


TUNING = {
    "metric": "auc",
    "search": "random",
    "trials": [
        trial(1, 0.71, seconds=61.0),
        trial(2, None, error="the loss is not a number"),
        trial(3, 0.75, **{"wide.l1": 3.0}),
        trial(4, 0.73, **{"deep.hidden": []}),
    ],
    "best": 3,
}


@pytest.fixture
def tuned(record):
    return replace(record, tuning=TUNING)


def test_the_best_trial_comes_first(page, tuned):
    shown = page(tuned)
    assert shown.rows("tuning") == [
        ["Trial", "AUC", "wide.l1", "deep.hidden", "deep.optimizer", "patience", "Time"],
        ["3 best", "0.7500", "3", "[64, 32]", "adam", "null", "1.0 s"],
        ["4", "0.7300", "0.1235", "[]", "adam", "null", "1.0 s"],
        ["1", "0.7100", "0.1235", "[64, 32]", "adam", "null", "1 min 01 s"],
    ]
    assert "4 models with options chosen at random, measured on eval (higher is better)." in shown.text("tuning")
    assert [item.text for item in shown.part("tuning").iter("li")] == [
        "Trial 2 (wide.l1 0.1235, deep.hidden [64, 32], deep.optimizer adam, patience null): the loss is not a number"
    ]


def test_of_an_error_the_least_comes_first(page, record):
    tuning = {**TUNING, "metric": "rmse", "search": "bayesian", "best": 1, "trials": TUNING["trials"][::2]}
    shown = page(replace(record, tuning=tuning))
    assert [row[:2] for row in shown.rows("tuning")] == [["Trial", "RMSE"], ["1 best", "0.7100"], ["3", "0.7500"]]
    assert "chosen by Bayesian optimisation, measured on eval (lower is better)." in shown.text("tuning")
    assert list(shown.part("tuning").iter("ul")) == []


def test_a_long_search_shows_its_best_trials(page, record):
    trials = [trial(number, number / 100) for number in range(1, 24)]
    shown = page(replace(record, tuning=TUNING | {"trials": trials, "best": 23}))
    assert [row[0] for row in shown.rows("tuning")[1:]] == ["23 best", *(str(number) for number in range(22, 3, -1))]
    assert "3 more trials with worse models are in run.json." in shown.text("tuning")
    longer = page(replace(record, tuning=TUNING | {"trials": trials[:21], "best": 21}))
    assert "1 more trial with worse models is in run.json." in longer.text("tuning")
    assert "more trial" not in page(replace(record, tuning=TUNING | {"trials": trials[:20]})).text("tuning")


def test_a_cached_search_says_so(page, tuned):
    tuner = {"id": "Tuner", "state": "CACHED", "seconds": 0.1}
    assert "An earlier run made this search." in page(replace(tuned, components=[tuner])).text("tuning")
    assert "An earlier run" not in page(replace(tuned, components=[tuner | {"state": "COMPLETE"}])).text("tuning")


def test_without_a_search_there_is_no_section(page, record):
    assert not page(record).has("tuning")


def test_names_are_escaped(page, record):
    hostile = {"trial": 1, "values": {HOSTILE: HOSTILE}, "value": 0.5, "seconds": 1, "error": HOSTILE}
    shown = page(replace(record, tuning={"metric": HOSTILE, "search": HOSTILE, "trials": [hostile], "best": 1}))
    assert shown.rows("tuning") == [["Trial", HOSTILE, HOSTILE, "Time"], ["1 best", "0.5000", HOSTILE, "1.0 s"]]
    assert not list(shown.root.iter("script"))


def test_the_terminal_tells_the_best_trial_in_a_line(tuned, summary, capsys):
    show(summary(tuned))
    assert (
        "tuned      auc 0.7500 on eval in trial 3, the best of 4 (1 failed): "
        "wide.l1 3, deep.hidden [64, 32], deep.optimizer adam, patience null\n"
    ) in capsys.readouterr().out


def test_without_a_search_the_terminal_says_nothing_of_it(record, summary, capsys):
    show(summary(record))
    assert "tuned" not in capsys.readouterr().out
