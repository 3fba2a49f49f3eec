"""The step's cost, and what settings come to, as tables."""

from __future__ import annotations

import pytest

from benchmarks.harness.figures import Figure
from benchmarks.training import options, tables
from benchmarks.training.data_sets import parsed
from benchmarks.training.defaults import figure
from widedeep.components.trainer.hyperparameters import with_values
from widedeep.components.trainer.training_options import TrainingOptions


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


def test_settings_side_by_side_over_the_data_sets() -> None:
    trained = {
        "defaults": [
            {"auc": 0.7, "logloss": 0.5, "accuracy": 0.75, "epochs": 4, "seconds": 2.0},
            {"auc": 0.8, "logloss": 0.4, "accuracy": 0.75, "epochs": 5, "seconds": 3.0},
        ],
        "epochs=1": [
            {"auc": 0.6, "logloss": 0.6, "accuracy": 0.75, "epochs": 1, "seconds": 1.0},
            {"auc": 0.6, "logloss": 0.6, "accuracy": 0.75, "epochs": 1, "seconds": 1.0},
        ],
    }
    made = figure("census", "eval", trained)
    assert (made.name, made.value, made.against) == ("defaults_census", pytest.approx(0.75), "epochs=1")
    # Of two numbers: half their distance, times the root of 2.
    assert made.details["settings"]["defaults"]["auc_sd"] == pytest.approx(0.05 * 2**0.5)
    quality, cost = tables.defaults([made])
    assert quality.splitlines()[2:] == ["| `defaults` | 0.7500 / 0.4500 |", "| `epochs=1` | 0.6000 / 0.6000 |"]
    assert cost.splitlines()[2:] == ["| `defaults` | 4.5 / 2.5 |", "| `epochs=1` | 1.0 / 1.0 |"]


def test_settings_are_read_as_yaml() -> None:
    assert parsed("epochs=3 patience=null deep.hidden=[8,4]") == {"epochs": 3, "patience": None, "deep.hidden": [8, 4]}


def test_an_option_is_measured_against_the_training_of_the_same_seed_without_it() -> None:
    off = [{"auc": 0.75, "logloss": 0.5}, {"auc": 0.76, "logloss": 0.52}, {"auc": 0.77, "logloss": 0.54}]
    made = options.figure("taxi", {"train": 9, "eval": 4}, off, {"model=fm": {"auc": 0.7456, "logloss": 0.5075}})
    assert (made.name, made.value, made.against) == ("options_taxi", pytest.approx(0.76), "each option alone")
    [table] = tables.options([made])
    assert table.splitlines() == [
        "| eval AUC / log loss | taxi, 9 and 4 rows |",
        "| --- | --- |",
        "| the defaults, mean | 0.7600 / 0.5200 |",
        "| deviation over seeds | 0.0100 / 0.0200 |",
        "| `model=fm` | -0.0044 / +0.0075 |",
    ]


def test_every_option_is_one() -> None:
    for given in options.OPTIONS:
        assert with_values(TrainingOptions(), parsed(given)) != TrainingOptions()
