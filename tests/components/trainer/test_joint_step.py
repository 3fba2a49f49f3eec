"""Whole joint steps against a dense float64 model: multi-hot matrices, autodiff, published updates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.features.spec import FeatureSpec
from components.trainer.inputs import batch_signature, parsing_spec
from components.trainer.layout import Layout, make_layout
from components.trainer.model import WideDeepModel
from components.trainer.options import TrainingOptions
from components.trainer.training import JointTrainer

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "weight": "w",
        "features": [
            # Wide and deep, deep alone, wide alone; a second embedding of one width, and another width.
            {
                "key": "a",
                "kind": "set",
                "side": "context",
                "transform": {"hash": {"buckets": 7}},
                "wide": True,
                "deep": {"embedding": 3},
            },
            {
                "key": "b",
                "kind": "set",
                "side": "context",
                "transform": {"hash": {"buckets": 5}},
                "deep": {"embedding": 3},
            },
            {
                "key": "c",
                "kind": "categorical",
                "side": "candidate",
                "transform": {"hash": {"buckets": 4}},
                "wide": True,
                "deep": {"embedding": 2},
            },
            {"key": "x", "kind": "numeric", "side": "candidate", "transform": {"z_score": {}}, "deep": {}},
        ],
        "crosses": [{"keys": ["a", "c"], "buckets": 9}],
    }
)
OPTIONS = TrainingOptions.model_validate(
    {
        "wide": {"learning_rate": 0.1, "l1": 2.0, "l2": 0.5},
        "deep": {"learning_rate": 0.1, "hidden": [6, 4]},
    }
)


def random_batch(random: np.random.Generator, layout: Layout, examples: int) -> dict[str, Any]:
    """Sets of 0 to 4 different ids in every id column; the first example has none at all."""
    batch: dict[str, Any] = {}
    for slot in {slot.column: slot for table in (layout.wide, *layout.embeddings) for slot in table.slots}.values():
        sets = [sorted(random.permutation(slot.size)[: random.integers(0, 5)]) for _ in range(examples)]
        sets[0] = []
        indices = [(row, place) for row, members in enumerate(sets) for place in range(len(members))]
        values = [member for members in sets for member in members]
        batch[slot.column] = tf.SparseTensor(
            np.array(indices, np.int64).reshape(-1, 2), np.array(values, np.int64), [examples, 5]
        )
    batch |= {name: tf.constant(random.normal(size=(examples, 1)), tf.float32) for name in layout.dense}
    batch["y"] = tf.constant(random.integers(0, 2, examples))
    batch["w"] = tf.constant(random.uniform(0.5, 2.0, examples), tf.float32)
    return batch


def multi_hot(sparse: tf.SparseTensor, size: int) -> np.ndarray:
    dense = np.zeros([int(sparse.dense_shape[0]), size])
    np.add.at(dense, (sparse.indices.numpy()[:, 0], sparse.values.numpy()), 1.0)
    return dense


class DenseModel:
    """The same model written out: every table a matrix, every gradient dense, all in float64."""

    def __init__(self, model: WideDeepModel, options: TrainingOptions) -> None:
        self.layout, self.options = model.layout, options
        copy = [variable.numpy().astype(np.float64) for variable in variables(model)]
        self.variables = [tf.Variable(value) for value in copy]
        self.n = [np.full(value.shape, 0.1) for value in copy]
        self.z = [np.zeros(value.shape) for value in copy]

    def logit(self, batch: dict[str, Any]) -> tf.Tensor:
        bias, wide, *rest = self.variables
        matrix = np.hstack([multi_hot(batch[slot.column], slot.size) for slot in self.layout.wide.slots])
        logit = bias + (matrix @ wide)[:, 0]
        parts = []
        for table in self.layout.embeddings:
            embeddings = rest.pop(0)
            for slot in table.slots:
                hot = multi_hot(batch[slot.column], slot.size)
                mean = hot / np.maximum(hot.sum(axis=1, keepdims=True), 1.0)
                parts.append(mean @ embeddings[slot.offset : slot.offset + slot.size])
        layer = tf.concat(parts + [tf.cast(batch[name], tf.float64) for name in self.layout.dense], axis=1)
        while len(rest) > 2:
            layer = layer @ rest.pop(0) + rest.pop(0)
            layer = tf.where(layer > 0, layer, 0.0)
        return logit + (layer @ rest[0] + rest[1])[:, 0]

    def step(self, batch: dict[str, Any]) -> float:
        label, weight = batch["y"].numpy().astype(np.float64), batch["w"].numpy().astype(np.float64)
        with tf.GradientTape() as tape:
            score = tf.sigmoid(self.logit(batch))
            loss = -tf.reduce_sum(weight * (label * tf.math.log(score) + (1 - label) * tf.math.log(1 - score)))
        for index, gradient in enumerate(tape.gradient(loss, self.variables)):
            penalty = (self.options.wide.l1, self.options.wide.l2) if index == 1 else (0.0, 0.0)
            update = self.ftrl if index < 2 else self.adagrad
            update(index, tf.convert_to_tensor(gradient).numpy(), *penalty)
        return float(loss)

    def ftrl(self, index: int, g: np.ndarray, l1: float, l2: float) -> None:
        n, rate = self.n[index], self.options.wide.learning_rate
        self.z[index] += g - (np.sqrt(n + g**2) - np.sqrt(n)) / rate * self.variables[index].numpy()
        n += g**2
        z = self.z[index]
        shrunk = (np.sign(z) * l1 - z) / (np.sqrt(n) / rate + 2 * l2)
        self.variables[index].assign(np.where(np.abs(z) <= l1, 0.0, shrunk))

    def adagrad(self, index: int, g: np.ndarray, *_: float) -> None:
        self.n[index] += g**2
        self.variables[index].assign_sub(self.options.deep.learning_rate * g / np.sqrt(self.n[index]))


def variables(model: WideDeepModel) -> list[tf.Variable]:
    """Bias, wide table, embedding tables, then kernel and bias of each layer."""
    return [model.bias, model.wide, *model.embeddings, *(part for layer in model.hidden for part in layer)]


def make(options: TrainingOptions, spec: FeatureSpec = SPEC) -> tuple[WideDeepModel, JointTrainer]:
    layout = make_layout(spec, {})
    model = WideDeepModel(layout, options)
    return model, JointTrainer(model, spec, options, batch_signature(parsing_spec(spec, layout)))


@pytest.mark.parametrize("examples", [1, 16])
def test_steps_are_those_of_the_dense_model(examples):
    random = np.random.default_rng(examples)
    model, trainer = make(OPTIONS)
    dense = DenseModel(model, OPTIONS)
    start = [variable.numpy() for variable in variables(model)]
    for _ in range(30):
        batch = random_batch(random, model.layout, examples + 1)
        np.testing.assert_allclose(model(batch).numpy(), dense.logit(batch).numpy(), rtol=0, atol=2e-5)
        loss, weight, count = trainer.step(batch).numpy()
        assert loss == pytest.approx(dense.step(batch), abs=1e-4)
        assert (weight, count) == (pytest.approx(batch["w"].numpy().sum(), rel=1e-6), examples + 1)
    for ours, theirs, before in zip(variables(model), dense.variables, start, strict=True):
        assert np.abs(theirs.numpy() - before).max() > 0.01
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=1e-5)
    # Both find the same weights to be exactly nothing, and some they do.
    zero = model.wide.numpy() == 0
    assert (zero == (dense.variables[1].numpy() == 0)).all()
    assert 0 < zero.sum() < zero.size


def test_rows_of_ids_that_a_batch_lacks_keep_their_bits():
    model, trainer = make(OPTIONS)
    before = [variable.numpy() for _, variable in model.tables()]
    batch = random_batch(np.random.default_rng(5), model.layout, 2)
    trainer.step(batch)
    for (table, variable), old in zip(model.tables(), before, strict=True):
        used = {int(value) + slot.offset for slot in table.slots for value in batch[slot.column].values}
        unused = [row for row in range(table.rows) if row not in used]
        assert unused
        assert (variable.numpy()[unused] == old[unused]).all()


def test_a_batch_without_any_id_trains_the_rest():
    model, trainer = make(OPTIONS)
    batch = random_batch(np.random.default_rng(6), model.layout, 1)
    before = [variable.numpy() for variable in variables(model)]
    loss = trainer.step(batch).numpy()[0]
    after = [variable.numpy() for variable in variables(model)]
    assert np.isfinite(loss)
    assert model.bias.numpy()[0] != 0.0
    # Tables: wide, width 2, width 3.
    assert all((before[index] == after[index]).all() for index in (1, 2, 3))


def test_the_mean_pools_and_the_sum_adds():
    """By hand: a = {1, 2}, b = {}, c = {3}, with tables that tell which row was read."""
    model, _ = make(TrainingOptions.model_validate({"deep": {"hidden": []}}))
    wide = np.arange(1.0, 21.0, dtype=np.float32)[:, None]  # a: 1..7, c: 8..11, cross: 12..20
    model.wide.assign(wide)
    narrow, broad = model.embeddings  # widths 2 (c) and 3 (a: rows 0..6, b: rows 7..11)
    narrow.assign(np.repeat(np.arange(4, dtype=np.float32)[:, None], 2, axis=1))
    broad.assign(np.repeat(np.arange(12, dtype=np.float32)[:, None] * 10, 3, axis=1))
    kernel, _ = model.hidden[0]
    kernel.assign(np.array([[1.0], [0.0], [100.0], [0.0], [0.0], [1.0], [1.0], [1.0], [0.0], [0.0]], np.float32))
    batch = {
        "a_id": tf.SparseTensor([[0, 0], [0, 1]], np.array([1, 2]), [1, 2]),
        "b_id": tf.SparseTensor(np.zeros([0, 2], np.int64), np.zeros([0], np.int64), [1, 0]),
        "c_id": tf.SparseTensor([[0, 0]], np.array([3]), [1, 1]),
        "a_x_c": tf.SparseTensor([[0, 0], [0, 1]], np.array([0, 8]), [1, 2]),
        "x_value": tf.constant([[0.5]]),
        "x_missing": tf.constant([[0.0]]),
    }
    # wide: a 2 + 3, c 8 + 3, crosses 12 + 20; deep: c's 3, a's mean (10 + 20) / 2 times 100, b's zeros.
    assert model(batch).numpy() == pytest.approx([2 + 3 + 11 + 12 + 20 + 3 + 1500])


def test_dropout_is_for_training_alone():
    options = TrainingOptions.model_validate({"deep": {"hidden": [64], "dropout": 0.5}})
    model, _ = make(options)
    batch = random_batch(np.random.default_rng(7), model.layout, 8)
    rows = model.rows(batch)
    assert (model.logit(batch, rows).numpy() == model.logit(batch, rows).numpy()).all()
    assert (model.logit(batch, rows, training=True).numpy() != model.logit(batch, rows).numpy()).any()
