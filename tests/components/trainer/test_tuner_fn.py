"""The Tuner's tuner_fn on really transformed data: a trial is a training as the Trainer's."""

from __future__ import annotations

import json

import pytest

from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.hyperparameters import encode
from widedeep.components.trainer.run import run_fn
from widedeep.components.tuner.run import tuner_fn
from widedeep.components.tuner.tuning_options import TuningOptions

TUNING = TuningOptions.model_validate(
    {
        "trials": 2,
        "space": {
            "deep.learning_rate": {"low": 0.01, "high": 0.1},
            "deep.hidden": {"choices": [[4], []]},
            "features.item.deep.embedding": {"low": 2, "high": 64},
        },
    }
)


@pytest.mark.parametrize(("metric", "best"), [("auc", max), pytest.param("logloss", min, marks=pytest.mark.repeats)])
def test_a_trial_is_trained_and_measured_as_the_trainer_does(prepared, tmp_path, monkeypatch, metric, best):
    # Not what this is about.
    monkeypatch.setattr(WideDeepEstimator, "export", lambda *_: None)
    # At a high rate the crosses are soon known by heart: the kept epoch is not the last.
    training = {"epochs": 4, "patience": 4, "stop_on": metric, "wide": {"learning_rate": 2.0, "l1": 0.0, "l2": 0.0}}
    given = prepared.fn_args(tmp_path, training=training, transform_graph_path=prepared.graph)
    given.custom_config["tuning"] = TUNING.model_dump_json()
    given.working_dir = str(tmp_path / "search")
    made = tuner_fn(given)
    made.tuner.search(**made.fit_kwargs)
    table = made.tuner.table
    assert table.metric == metric

    kept_early = False
    values = {}
    for trial in table.trials:
        chosen = {"values": {name: encode(value) for name, value in trial.values.items()}}
        folder = tmp_path / str(trial.trial)
        run_fn(prepared.fn_args(folder, training=training, hyperparameters=chosen))
        curve = json.loads((folder / "run" / "training.json").read_text())["curve"]
        values[trial.trial] = best(row[metric] for row in curve)
        assert trial.value == values[trial.trial]
        kept_early |= not curve[-1]["kept"]
    assert kept_early
    assert len(set(values.values())) == 2
    assert table.best == best(values, key=values.get)
