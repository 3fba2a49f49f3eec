"""The `tuning` group of pipeline.yaml: what it may say, and how a mistake reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.tuner.tuning_options import TuningOptions
from widedeep.pipeline.definition import config

PLAIN: dict[str, Any] = {
    "name": "shop",
    "data": {"path": "rows", "format": "csv", "splits": {"train": "a/*", "eval": "b/*", "test": "c/*"}},
}


def load(folder: Path, tuning: Any, **training: Any) -> config.PipelineConfig:
    path = folder / "pipeline.yaml"
    path.write_text(json.dumps(PLAIN | {"tuning": tuning, "training": training}))  # JSON is YAML
    return config.load(path)


def values(folder: Path, name: str, dimension: dict[str, Any]) -> Any:
    """All values of one dimension, or its ends."""
    tuning = load(folder, {"trials": 1, "space": {name: dimension}}).tuning
    assert tuning is not None
    # As it reaches the Tuner.
    tuning = TuningOptions.model_validate_json(tuning.model_dump_json())
    return tuning.space[name].values or tuning.space[name].outer


def test_without_the_group_there_is_no_search(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(json.dumps(PLAIN))
    assert config.load(tmp_path / "pipeline.yaml").tuning is None


@pytest.mark.parametrize(
    ("name", "dimension", "expected"),
    [
        ("wide.learning_rate", {"low": 0.005, "high": 0.2, "log": True}, (0.005, 0.2)),
        # 0.3 is what a person means by 3 * 0.1, and the last step is tried, too.
        ("deep.dropout", {"low": 0, "high": 0.5, "step": 0.1}, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)),
        ("deep.dropout", {"low": 0.1, "high": 0.5, "step": 0.15}, (0.1, 0.25, 0.4)),
        ("epochs", {"low": 1, "high": 6}, (1, 6)),
        ("batch_size", {"low": 64, "high": 256, "step": 96}, (64, 160, 256)),
        ("patience", {"choices": [1, 3, None]}, (1, 3, None)),
        ("deep.hidden", {"choices": [[64, 32], []]}, ((64, 32), ())),
        ("deep.optimizer", {"choices": ["adam"]}, ("adam",)),
        ("deep.batch_norm", {"choices": [True, False]}, (True, False)),
        ("features.user.deep.embedding", {"low": 8, "high": 32, "step": 8}, (8, 16, 24, 32)),
        ("features.user_id.deep.embedding", {"choices": [4, 64]}, (4, 64)),
    ],
)
def test_values_are_of_the_options_type(tmp_path: Path, name: str, dimension: dict[str, Any], expected: Any) -> None:
    read = values(tmp_path, name, dimension)
    assert json.dumps(read) == json.dumps(expected)  # where 1 is not 1.0, nor true


@pytest.mark.parametrize(
    ("space", "training", "text"),
    [
        ({}, {}, "tuning.space: Dictionary should have at least 1 item after validation, not 0"),
        ({"wide.learnig_rate": {}}, {}, "tuning.space.wide.learnig_rate: give low and high, or choices"),
        (
            {"wide.learnig_rate": {"low": 1, "high": 2}},
            {},
            "tuning.space: unknown key 'wide.learnig_rate': did you mean 'wide.learning_rate'?",
        ),
        (
            {"wide": {"choices": [1]}},
            {},
            "tuning.space: unknown key 'wide': did you mean 'wide.l2'?",
        ),
        (
            {"seed": {"choices": [1, 2]}},
            {},
            "tuning.space: 'seed' says how models are trained and compared: it can't be tuned",
        ),
        (
            {"stop_on": {"choices": ["auc", "logloss"]}},
            {},
            "tuning.space: 'stop_on' says how models are trained and compared: it can't be tuned",
        ),
        (
            {"wide.l1": {"lo": 1, "high": 2}},
            {},
            "tuning.space.wide.l1: unknown key 'lo': did you mean 'low'?",
        ),
        (
            {"wide.l1": {"low": -1, "high": 2}},
            {},
            "tuning.space: wide.l1: low: Input should be greater than or equal to 0 (it is -1)",
        ),
        (
            {"deep.dropout": {"low": 0, "high": 1}},
            {},
            "tuning.space: deep.dropout: high: Input should be less than 1 (it is 1)",
        ),
        (
            {"epochs": {"low": 1, "high": 2.5}},
            {},
            "tuning.space: epochs: high: Input should be a valid integer, got a number with a fractional part "
            "(it is 2.5)",
        ),
        (
            {"epochs": {"low": 1, "high": 3, "step": 0.5}},
            {},
            "tuning.space: epochs: step: Input should be a valid integer, got a number with a fractional part "
            "(it is 0.5)",
        ),
        (
            {"deep.optimizer": {"choices": ["adam", "sgd"]}},
            {},
            "tuning.space: deep.optimizer: choices: Input should be 'adagrad' or 'adam' (it is 'sgd')",
        ),
        (
            {"deep.hidden": {"choices": [[64], [32, 0]]}},
            {},
            "tuning.space: deep.hidden: choices: Input should be greater than or equal to 1 (it is [32, 0])",
        ),
        (
            {"deep.batch_norm": {"low": 0, "high": 1}},
            {},
            "tuning.space: deep.batch_norm: is no number: give choices instead of low and high",
        ),
        (
            {"epochs": {"low": 3, "high": 3}},
            {},
            "tuning.space.epochs: low is 3, which is not less than high: 3",
        ),
        ({"epochs": {"low": 3}}, {}, "tuning.space.epochs: give low and high, or choices"),
        (
            {"epochs": {"low": 1, "high": 2, "choices": [1]}},
            {},
            "tuning.space.epochs: choices go without low, high, step and log",
        ),
        ({"epochs": {"choices": []}}, {}, "tuning.space.epochs.choices: "),
        (
            {"wide.l1": {"low": 0, "high": 2, "log": True}},
            {},
            "tuning.space.wide.l1: low is 0, and log needs one above 0",
        ),
        (
            {"wide.l1": {"low": 1, "high": 2, "log": True, "step": 0.5}},
            {},
            "tuning.space.wide.l1: log goes without step; choices can name the values",
        ),
        (
            {"wide.l1": {"low": 1, "high": 3, "step": 0.001}},
            {},
            "tuning.space.wide.l1: step is 0.001, which makes more than 1,000 values: leave it out",
        ),
        (
            {"wide.l1": {"low": 1, "high": 3, "step": 0}},
            {},
            "tuning.space.wide.l1.step: Input should be greater than 0",
        ),
        (
            {"features.user.deep.embedding": {"low": 0, "high": 8}},
            {},
            "tuning.space: features.user.deep.embedding: low: Input should be greater than or equal to 1 (it is 0)",
        ),
        (
            {"features.user.deep.embedding": {"choices": [None]}},
            {},
            "tuning.space: features.user.deep.embedding: choices: Input should be a valid integer (it is None)",
        ),
        (
            {"features.user.deep.embedding": {"low": 4, "high": 8}},
            {"model": "wide"},
            "tuning.space: 'features.user.deep.embedding' is tuned, but training.model is 'wide'",
        ),
        (
            {"features.user.wide": {"choices": [True]}},
            {},
            "tuning.space: unknown key 'features.user.wide': ",
        ),
        (
            {"wide.l1": {"low": 1, "high": 2}},
            {"model": "deep"},
            "tuning.space: 'wide.l1' is tuned, but training.model is 'deep'",
        ),
        (
            {"deep.dropout": {"choices": [0.1]}, "model": {"choices": ["wide"]}},
            {},
            "tuning.space: 'deep.dropout' is tuned, but training.model is 'wide'",
        ),
        (
            {"deep.schedule.decay": {"choices": ["none", "linear"]}},
            {},
            "tuning.space: with deep.schedule.decay linear: training: deep.schedule: decay: linear or cosine goes with "
            "decay_steps, and none without",
        ),
        (
            {
                "deep.schedule.decay": {"choices": ["linear", "none"]},
                "epochs": {"low": 1, "high": 2},
                "deep.schedule.decay_steps": {"low": 10, "high": 100},
            },
            {},
            "tuning.space: with deep.schedule.decay none, deep.schedule.decay_steps 10: training: deep.schedule: ",
        ),
    ],
)
def test_a_mistake_in_the_space(tmp_path: Path, space: Any, training: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {"trials": 3, "space": space}, **training)
    assert str(caught.value).startswith(f"{tmp_path}/pipeline.yaml: ")
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("trials", 0, "tuning.trials: Input should be greater than or equal to 1 (it is 0)"),
        ("trials", ..., "tuning.trials: Field required"),
        ("search", "grid", "tuning.search: Input should be 'random' or 'bayesian' (it is 'grid')"),
        ("seed", 0, "tuning.seed: Input should be greater than or equal to 1 (it is 0)"),
        ("spaces", {}, "tuning: unknown key 'spaces': did you mean 'space'?"),
    ],
)
def test_a_mistake_about_the_search(tmp_path: Path, key: str, value: Any, text: str) -> None:
    tuning: dict[str, Any] = {"trials": 3, "space": {"epochs": {"low": 1, "high": 2}}, key: value}
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {name: option for name, option in tuning.items() if option is not ...})
    assert f"pipeline.yaml: {text}" in str(caught.value)


@pytest.mark.parametrize(
    ("space", "training"),
    [
        ({"model": {"choices": ["wide", "wide_deep"]}, "deep.dropout": {"choices": [0.1]}}, {"model": "wide"}),
        (
            {
                "deep.schedule.decay": {"choices": ["linear", "cosine"]},
                "deep.schedule.decay_steps": {"low": 10, "high": 100},
            },
            {},
        ),
        (
            {"deep.schedule.decay_steps": {"choices": [10]}},
            {"deep": {"schedule": {"decay": "linear", "decay_steps": 9}}},
        ),
    ],
)
def test_what_fits_together_is_taken(tmp_path: Path, space: Any, training: dict[str, Any]) -> None:
    assert load(tmp_path, {"trials": 3, "space": space}, **training).tuning is not None
