"""The report's table of much simpler models."""

# ruff: noqa: RUF001 (the report writes real minus signs)

from __future__ import annotations

RAIL = {"changes": {}, "intervals": {"auc": [0.125, 0.25], "logloss": [-0.01, 0.02]}}


def rails(**changes):
    return {
        "rows": 2000,
        "all_rows": True,
        "train_rows": 90_000,
        "all_train_rows": True,
        "candidate_key": "movie_id",
        "candidate": {"auc": 0.75, "logloss": 0.25, "mrr": 0.5},
        "rails": [
            RAIL | {"name": "constant", "metrics": {"auc": 0.5, "logloss": 0.25}},
            RAIL | {"name": "popularity", "metrics": {"auc": 0.6, "logloss": 0.245}},
            RAIL | {"name": "logistic_regression", "metrics": {"auc": 0.8, "logloss": None}, "intervals": {}},
        ],
    } | changes


def test_simple_models_stand_beside_this_one(page, record):
    record.rails, record.split = rails(), "holdout"
    shown = page(record)
    assert shown.rows("rails") == [
        ["Model", "AUC", "Log loss"],
        [
            "Label's rate alone the same score for all rows",
            "0.5000 +0.2500 better +0.1250 to +0.2500",
            "0.2500 0.0000 same −0.0100 to +0.0200",
        ],
        [
            "Popularity of movie_id each one's smoothed label rate",
            "0.6000 +0.1500 better +0.1250 to +0.2500",
            "0.2450 +0.0050 noise? −0.0100 to +0.0200",
        ],
        ["Logistic regression on all features' ids, without crosses", "0.8000 −0.0500 worse", "n/a n/a"],
        ["This model", "0.7500", "0.2500"],
    ]
    assert "learned from 90,000 rows of 'train', and this one, on all 2,000 rows of 'holdout'" in shown.text("rails")


def test_a_part_of_the_rows_is_told_as_such(page, record):
    record.rails = rails(all_rows=False, all_train_rows=False)
    said = page(record).text("rails")
    assert "learned from the first 90,000 rows of 'train', and this one, on the first 2,000 rows of 'test'" in said


def test_without_simple_models_there_is_no_table(page, record):
    assert not page(record).has("rails")
