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
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.training.checkpoints import Checkpoints
from widedeep.components.trainer.training.diagnosis import blame, divergence, overgrown
from widedeep.components.trainer.training.loop import TrainingLoop
from widedeep.components.trainer.training.state import new_training
from widedeep.components.trainer.training.training_record import Epoch
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
    weights = wide.numpy()
    weights[[1, 7, 19], 0] = [-50.0, 60.0, 1.0]  # a's 1, c's 0, the cross
    wide.assign(weights)
    of_c.assign(of_c + tf.constant([[0.0], [900.0], [900.0], [900.0]]))  # c's 1 to 3: not in the batch
    mean.assign(tf.tensor_scatter_nd_update(mean, [[9], [1]], [[0.0, 70.0, 0.0], [2.0, 0.0, 0.0]]))  # b's 2, a's 1
    assert blame(model, batch_of(toy)) == (
        "the weights grew too large, most of all those of 'b_id', 'c_id', 'a_id': "
        "lower training.wide.learning_rate or training.deep.learning_rate."
    )


def test_weights_that_are_no_numbers_come_first(toy, model):
    wide, _, mean, summed = model.tables
    wide.assign(np.full(wide.shape, 1e30))
    summed.assign(tf.fill(summed.shape, float("nan")))
    mean.assign(tf.fill(mean.shape, 7.0))
    assert "those of 's_id', " in blame(model, batch_of(toy))
    assert "'b_id'" not in blame(model, batch_of(toy))


def test_without_large_embeddings_it_is_the_hidden_layers(toy, model):
    assert blame(model, batch_of(toy)) == (
        "the hidden layers' weights grew too large: lower training.deep.learning_rate."
    )


def epoch(**measured: float | None) -> Epoch:
    return Epoch.model_validate({"epoch": 2, "step": 9, "examples": 90, "seconds": 1.0, **measured})


@pytest.mark.parametrize(
    ("measured", "rates", "outputs", "nothing"),
    [
        ({"loss": 7.0, "logloss": 7.0}, 0.01, 1, "0.6931"),  # 10 log 2 = 6.93, whatever the rate
        ({"loss": None, "logloss": 1e9}, 0.01, 1, "0.6931"),
        ({"loss": 24.0, "logloss": 24.0}, 0.5, 11, "2.398"),  # 10 log 11 = 23.98
        ({"loss": 41.0, "rmse": 6.5}, 4.0, 1, "4"),  # 6.5^2 = 42.25
    ],
)
def test_a_loss_far_beyond_knowing_nothing_diverges(measured, rates, outputs, nothing):
    said = divergence(epoch(**measured), rates, outputs)
    assert said.startswith("the training diverges: after epoch 2 the mean loss on 'train' is ")
    assert said.endswith(f", where knowing nothing costs {nothing}")


@pytest.mark.parametrize(
    ("measured", "rates", "outputs"),
    [
        ({"loss": 6.9, "logloss": 7.0}, 0.01, 1),
        ({"loss": 7.0, "logloss": 6.9}, 0.01, 1),  # on its way back
        ({"loss": 0.5, "logloss": 0.5}, 0.003, 1),  # of a rare label, in its first steps
        ({"loss": 39.0, "rmse": 9.0}, 4.0, 1),
    ],
)
def test_a_large_loss_alone_is_no_divergence(measured, rates, outputs):
    assert divergence(epoch(**measured), rates, outputs) is None


def test_a_training_that_diverges_stops_and_names_the_columns(toy, tmp_path):
    """A wide part of hundreds of rates too many: b and s have no wide weights."""
    options = {"model": "wide", "epochs": 3, "batch_size": 10, "wide": {"learning_rate": 1e3, "l1": 0.0, "l2": 0.0}}
    training = new_training(toy.spec, TrainingOptions.model_validate(options), {})
    with pytest.raises(DataError) as caught:
        fitting(training, toy.files).run(Checkpoints(training.trainer, str(tmp_path)), lambda _: None)
    column = r"'(a_id|c_id|a_x_c)' \(\d+ ids in one example\)"
    assert re.fullmatch(
        r"the training diverges: after epoch 1 the mean loss on 'train' is \S+, on 'eval' \S+, where knowing nothing "
        rf"costs 0\.69\d+: the wide weights grew too large, most of all those of {column}, {column}, {column}: "
        r"lower training\.wide\.learning_rate\.",
        str(caught.value),
    )


def test_columns_that_grew_come_by_what_they_add_to_an_example(toy, model):
    """a's two weights of -4 add 8/sqrt(2), more than c's one of 5; a cross that adds up to 1 is no suspect."""
    weights = model.wide.numpy()
    weights[[1, 2, 7, 19], 0] = [-4.0, 4.0, 5.0, 1.0]
    model.wide.assign(weights)
    ids = {"a_id": [1, 2], "b_id": [2], "s_id": [3], "c_id": [0], "a_x_c": [8]}
    batch = toy.batch(toy.layout, [type(toy.rows[0])(ids, [0.5, 0.0], 1, 1.0)])
    assert overgrown(model, batch) == (
        "the wide weights grew too large, most of all those of 'a_id' (2 ids in one example), 'c_id' (1 ids in one "
        "example): lower training.wide.learning_rate."
    )


def test_without_large_wide_weights_it_is_the_deep_part(toy, model):
    said = "the deep part's weights grew too large: lower training.deep.learning_rate."
    assert overgrown(model, batch_of(toy)) == said
    layout = make_layout(toy.spec, {}, "deep")
    assert (
        overgrown(new_model(layout, TrainingOptions.model_validate(OPTIONS | {"model": "deep"})), batch_of(toy)) == said
    )
