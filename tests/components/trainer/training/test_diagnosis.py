"""A loss that is no number: at which step, whose fault, and what is left of the model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.model.inputs import Batch, Inputs
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.model.network import new_model
from widedeep.components.trainer.training.checkpoints import Checkpoints
from widedeep.components.trainer.training.diagnosis import blame
from widedeep.components.trainer.training.loop import TrainingLoop
from widedeep.components.trainer.training.split_examples import SplitExamples
from widedeep.components.trainer.training.state import new_training
from widedeep.components.trainer.training_options import TrainingOptions

OPTIONS = {"epochs": 2, "batch_size": 10, "deep": {"hidden": [4], "dropout": 0.2}}


def fitting(training: Any, files: list[str]) -> TrainingLoop:
    source = SplitExamples(files, training.spec, training.layout)
    return TrainingLoop(training.trainer, head(training.spec.label), source, source, training.options)


def state(training: Any) -> list[np.ndarray]:
    return [variable.numpy() for variable in training.trainer.variables]


@pytest.fixture
def broken(toy: Any, tmp_path: Path) -> Any:
    """Makes files in which one example's x is no number, and says at which step it comes."""

    def make(value: float, index: int = 57) -> tuple[list[str], int]:
        row = toy.rows[index]
        rows = list(toy.rows)
        rows[index] = type(row)(row.ids, [value, 0.0], row.label, row.weight)
        files = [toy.write(tmp_path / "part.gz", [toy.record(toy.spec, toy.layout, row) for row in rows])]
        place = np.random.default_rng([1, 1, 0]).permutation(200).tolist().index(index)
        return files, place // 10 + 1

    return make


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_dense_column_that_is_no_number_is_named_with_its_step(toy, broken, tmp_path, value):
    files, step = broken(value)
    # In the middle of one call of the runtime: 20 batches are fewer than the 50 of a call.
    assert 1 < step < 20
    training = new_training(toy.spec, TrainingOptions.model_validate(OPTIONS), {})
    with pytest.raises(DataError) as caught:
        fitting(training, files).run(Checkpoints(training.trainer, str(tmp_path / "checkpoints")), lambda _: None)
    assert str(caught.value) == (
        f"the loss is not a number at step {step}: 'x_value' is not a finite number in this batch: "
        "clean the column, or give it another transform."
    )


def test_the_step_that_fails_updates_nothing(toy, broken, tmp_path):
    files, step = broken(float("nan"))
    options = TrainingOptions.model_validate(OPTIONS)
    training, other = (new_training(toy.spec, options, {}) for _ in range(2))
    with pytest.raises(DataError):
        fitting(training, files).run(Checkpoints(training.trainer, str(tmp_path / "checkpoints")), lambda _: None)
    (block,) = SplitExamples(files, toy.spec, toy.layout).blocks()
    order = np.random.default_rng([1, 1, 0]).permutation(200)
    for batch in block.batches(10, order[: 10 * (step - 1)]):
        other.trainer.step(batch)
    assert all((ours == theirs).all() for ours, theirs in zip(state(training), state(other), strict=True))
    assert int(training.trainer.steps) == step - 1


def test_the_step_is_counted_from_this_training_on(toy, broken, tmp_path):
    """A model that has been trained before has counted steps before."""
    files, step = broken(float("nan"))
    training = new_training(toy.spec, TrainingOptions.model_validate(OPTIONS), {})
    training.trainer.steps.assign(1000)
    with pytest.raises(DataError, match=f"not a number at step {step}: 'x_value'"):
        fitting(training, files).run(Checkpoints(training.trainer, str(tmp_path / "checkpoints")), lambda _: None)


def test_a_rate_that_is_too_high_is_said_with_the_columns(toy, tmp_path):
    options = TrainingOptions.model_validate(OPTIONS | {"deep": {"hidden": [4], "learning_rate": 1e30}})
    training = new_training(toy.spec, options, {})
    with pytest.raises(DataError) as caught:
        fitting(training, toy.files).run(Checkpoints(training.trainer, str(tmp_path)), lambda _: None)
    column = "'(a_id|b_id|s_id|c_id)'"
    assert re.fullmatch(
        rf"the loss is not a number at step \d+: the weights grew too large, most of all those of {column}(, {column})*"
        r"( and 1 more)?: lower training\.wide\.learning_rate or training\.deep\.learning_rate\.",
        str(caught.value),
    )


def batch_of(toy: Any, **changes: Any) -> Batch:
    """Of a = {1}, b = {2}, s = {3}, c = {0} and a cross, twice."""
    ids = {"a_id": [1], "b_id": [2], "s_id": [3], "c_id": [0], "a_x_c": [8]}
    return toy.batch(toy.layout, [type(toy.rows[0])(ids, [0.5, 0.0], 1, 1.0)] * 2)._replace(**changes)


@pytest.fixture
def model(toy: Any) -> Any:
    return new_model(toy.layout, TrainingOptions.model_validate(OPTIONS))


@pytest.mark.parametrize("part", ["label", "weight"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_label_or_weight_that_is_no_number_is_named(toy, model, part, value):
    batch = batch_of(toy, **{part: tf.constant([1.0, value])})
    assert blame(model, batch) == f"the examples' {part} is not a finite number: clean the column."


def test_three_columns_are_named_and_the_others_counted(toy):
    numbers = [
        {"key": f"n{number}", "kind": "numeric", "side": "context", "transform": {"log": {}}, "deep": {}}
        for number in range(5)
    ]
    spec = FeatureSpec.model_validate({"label": {"key": "y"}, "features": numbers})
    layout = make_layout(spec, {}, "deep")
    made = new_model(layout, TrainingOptions.model_validate(OPTIONS | {"model": "deep"}))
    nan, fine = float("nan"), 0.0
    for row, named in (
        ([nan, 1.0] + [fine, 0.0] * 3 + [nan, 0.0], "'n0_value', 'n4_value' is"),
        ([nan, 0.0] * 5, "'n0_value', 'n1_value', 'n2_value' and 2 more is"),
    ):
        batch = Batch(Inputs((), tf.constant([row])), tf.constant([1]), tf.ones([1]))
        assert blame(made, batch).startswith(f"{named} not a finite number in this batch: ")


def test_the_columns_of_large_weights_come_by_size(toy, model):
    """Rows that the batch does not use, and weights up to 1, are no suspects."""
    wide, of_c, mean, _ = model.tables
    wide.assign(
        tf.tensor_scatter_nd_update(wide, [[1], [7], [19]], [[-50.0], [60.0], [1.0]])
    )  # a's 1, c's 0, the cross
    of_c.assign(of_c + tf.constant([[0.0], [900.0], [900.0], [900.0]]))  # c's 1 to 3: not in the batch
    mean.assign(tf.tensor_scatter_nd_update(mean, [[9], [1]], [[0.0, 70.0, 0.0], [2.0, 0.0, 0.0]]))  # b's 2, a's 1
    assert blame(model, batch_of(toy)) == (
        "the weights grew too large, most of all those of 'b_id', 'c_id', 'a_id': "
        "lower training.wide.learning_rate or training.deep.learning_rate."
    )


def test_weights_that_are_no_numbers_come_first(toy, model):
    wide, _, mean, summed = model.tables
    wide.assign(tf.fill(wide.shape, 1e30))
    summed.assign(tf.fill(summed.shape, float("nan")))
    mean.assign(tf.fill(mean.shape, 7.0))
    assert "those of 's_id', " in blame(model, batch_of(toy))
    assert "'b_id'" not in blame(model, batch_of(toy))


def test_without_large_embeddings_it_is_the_hidden_layers(toy, model):
    assert blame(model, batch_of(toy)) == (
        "the hidden layers' weights grew too large: lower training.deep.learning_rate."
    )
