"""What `training` in a pipeline.yaml may say."""

from __future__ import annotations

import pytest

from components.errors import ConfigError
from components.features.strict import parse
from components.trainer.options import TrainingOptions


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
        ({"model": "deepest"}, "p.yaml: model: Input should be 'wide', 'deep' or 'wide_deep' (it is 'deepest')"),
    ],
)
def test_a_wrong_key_or_value_is_named(given, message):
    with pytest.raises(ConfigError) as caught:
        parse(TrainingOptions, given, "p.yaml")
    assert str(caught.value) == message


def test_options_pass_through_json_unchanged():
    options = TrainingOptions.model_validate({"model": "deep", "patience": None, "deep": {"hidden": [8, 4]}})
    assert TrainingOptions.model_validate_json(options.model_dump_json()) == options
