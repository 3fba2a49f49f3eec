"""What `training` in a pipeline.yaml may say."""

from __future__ import annotations

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import parse
from widedeep.components.trainer.training_options import TrainingOptions


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epoch": 3}, "p.yaml: unknown key 'epoch': did you mean 'epochs'?"),
        ({"wide": {"l3": 1}}, "p.yaml: wide: unknown key 'l3': known are: l1, l2, learning_rate"),
        ({"deep": {"hiden": [8]}}, "p.yaml: deep: unknown key 'hiden': did you mean 'hidden'?"),
        ({"wide": {"learning_rate": 0}}, "p.yaml: wide.learning_rate: Input should be greater than 0 (it is 0)"),
        ({"wide": {"l1": -1}}, "p.yaml: wide.l1: Input should be greater than or equal to 0 (it is -1)"),
        ({"deep": {"dropout": 1.0}}, "p.yaml: deep.dropout: Input should be less than 1 (it is 1.0)"),
        ({"epochs": 0}, "p.yaml: epochs: Input should be greater than or equal to 1 (it is 0)"),
        ({"patience": 0}, "p.yaml: patience: Input should be greater than or equal to 1 (it is 0)"),
        ({"batch_size": 0}, "p.yaml: batch_size: Input should be greater than or equal to 1 (it is 0)"),
        ({"checkpoint_steps": 0}, "p.yaml: checkpoint_steps: Input should be greater than or equal to 1 (it is 0)"),
        ({"deep": {"hidden": [0]}}, "p.yaml: deep.hidden.0: Input should be greater than or equal to 1 (it is 0)"),
        (
            {"deep": {"optimizer": "sgd"}},
            "p.yaml: deep.optimizer: Input should be 'adagrad' or 'adam' (it is 'sgd')",
        ),
        (
            {"stop_on": "loss"},
            "p.yaml: stop_on: Input should be 'auc', 'logloss', 'accuracy', 'rmse' or 'mae' (it is 'loss')",
        ),
        (
            {"deep": {"schedule": {"warmup_steps": -1}}},
            "p.yaml: deep.schedule.warmup_steps: Input should be greater than or equal to 0 (it is -1)",
        ),
        (
            {"deep": {"schedule": {"decay": "linear", "decay_steps": 5, "final": 1.5}}},
            "p.yaml: deep.schedule.final: Input should be less than or equal to 1 (it is 1.5)",
        ),
        (
            {"deep": {"schedule": {"decay": "linear"}}},
            "p.yaml: deep.schedule: decay: linear or cosine goes with decay_steps, and none without",
        ),
        (
            {"deep": {"schedule": {"decay_steps": 5}}},
            "p.yaml: deep.schedule: decay: linear or cosine goes with decay_steps, and none without",
        ),
        ({"model": "deepest"}, "p.yaml: model: Input should be 'wide', 'deep', 'fm' or 'wide_deep' (it is 'deepest')"),
        ({"deep": {"l2": -0.5}}, "p.yaml: deep.l2: Input should be greater than or equal to 0 (it is -0.5)"),
        (
            {"deep": {"embedding_l2": -1}},
            "p.yaml: deep.embedding_l2: Input should be greater than or equal to 0 (it is -1)",
        ),
        ({"deep": {"embedding_dropout": 1}}, "p.yaml: deep.embedding_dropout: Input should be less than 1 (it is 1)"),
        (
            {"workers": 2, "deep": {"batch_norm": True}},
            "p.yaml: workers is 2 and deep.batch_norm is true, which takes means of a whole batch, and each worker "
            "sees a part of one: leave one of the two out",
        ),
        ({"workers": 0}, "p.yaml: workers: Input should be greater than or equal to 1 (it is 0)"),
        ({"keep_negatives": 0}, "p.yaml: keep_negatives: Input should be greater than 0 (it is 0)"),
        ({"keep_negatives": 1.5}, "p.yaml: keep_negatives: Input should be less than or equal to 1 (it is 1.5)"),
        (
            {"deep": {"activation": "rely"}},
            "p.yaml: deep.activation: Input should be 'relu', 'leaky_relu', 'elu', 'gelu', 'selu', 'tanh', 'sigmoid' "
            "or 'swish' (it is 'rely')",
        ),
        (
            {"deep": {"precision": "bf16"}},
            "p.yaml: deep.precision: Input should be 'float32' or 'bfloat16' (it is 'bf16')",
        ),
        (
            {"deep": {"precision": "bfloat16", "hidden": []}},
            "p.yaml: deep: precision is bfloat16 and hidden is empty: no product would be in it: leave it out",
        ),
    ],
)
def test_a_wrong_key_or_value_is_named(given, message):
    with pytest.raises(ConfigError) as caught:
        parse(TrainingOptions, given, "p.yaml")
    assert str(caught.value) == message


def test_options_pass_through_json_unchanged():
    schedule = {"warmup_steps": 3, "decay": "cosine", "decay_steps": 7, "final": 0.1}
    options = TrainingOptions.model_validate(
        {"model": "deep", "patience": None, "stop_on": "mae", "deep": {"hidden": [8, 4], "schedule": schedule}}
    )
    assert TrainingOptions.model_validate_json(options.model_dump_json()) == options


def test_a_label_without_negatives_keeps_none_of_them():
    options = TrainingOptions(keep_negatives=0.1)
    options.check_label("binary")
    for kind in ("regression", "multiclass"):
        TrainingOptions().check_label(kind)
        with pytest.raises(ConfigError) as caught:
            options.check_label(kind)
        assert str(caught.value) == (
            f"training.keep_negatives is 0.1, and the label is {kind}: only a binary one has negatives. Leave it out."
        )


def test_one_process_trains_on_the_batches_of_all_workers():
    options = TrainingOptions(workers=3, batch_size=100, seed=5)
    assert options.in_one_process() == TrainingOptions(batch_size=300, seed=5)
    assert TrainingOptions().in_one_process() == TrainingOptions()
