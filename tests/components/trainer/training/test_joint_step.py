"""Whole joint steps against a dense float64 model: multi-hot matrices, autodiff, published updates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.model.inputs import batch_signature
from widedeep.components.trainer.model.network import WideDeepModel, new_model
from widedeep.components.trainer.training.joint_step import JointTrainer
from widedeep.components.trainer.training_options import TrainingOptions

OPTIONS = TrainingOptions.model_validate(
    {
        "wide": {"learning_rate": 0.1, "l1": 1.2, "l2": 0.5},
        "deep": {"learning_rate": 0.1, "hidden": [6, 4]},
    }
)
ADAM = OPTIONS.model_copy(update={"deep": OPTIONS.deep.model_copy(update={"optimizer": "adam", "learning_rate": 0.01})})


def random_rows(random: np.random.Generator, toy: Any, examples: int) -> list[Any]:
    """The first example has no id at all."""
    rows = [toy.row(random, toy.layout) for _ in range(examples)]
    rows[0] = type(rows[0])({column: [] for column in rows[0].ids}, rows[0].dense, rows[0].label, rows[0].weight)
    return rows


def multi_hot(rows: list[Any], slot: Any) -> np.ndarray:
    dense = np.zeros([len(rows), slot.size])
    for number, row in enumerate(rows):
        dense[number, row.ids[slot.column]] = 1.0
    return dense


class DenseModel:
    """The same model written out: every table a matrix, every gradient dense, all in float64."""

    def __init__(self, model: WideDeepModel, options: TrainingOptions) -> None:
        self.layout, self.options = model.layout, options
        copy = [variable.numpy().astype(np.float64) for variable in variables(model)]
        self.variables = [tf.Variable(value) for value in copy]
        self.n = [np.full(value.shape, 0.1) for value in copy]
        self.z = [np.zeros(value.shape) for value in copy]

    def logit(self, rows: list[Any]) -> tf.Tensor:
        bias, wide, *rest = self.variables
        hots = [multi_hot(rows, slot) for slot in self.layout.wide.slots]
        matrix = np.hstack([hot / np.sqrt(np.maximum(hot.sum(axis=1, keepdims=True), 1.0)) for hot in hots])
        logit = bias + (matrix @ wide)[:, 0]
        parts = []
        for table in self.layout.embeddings:
            embeddings = rest.pop(0)
            for slot in table.slots:
                hot = multi_hot(rows, slot)
                if table.pooling == "mean":
                    hot = hot / np.maximum(hot.sum(axis=1, keepdims=True), 1.0)
                parts.append(hot @ embeddings[slot.offset : slot.offset + slot.size])
        layer = tf.concat([*parts, np.array([row.dense for row in rows])], axis=1)
        while len(rest) > 2:
            layer = layer @ rest.pop(0) + rest.pop(0)
            layer = tf.where(layer > 0, layer, 0.0)
        return logit + (layer @ rest[0] + rest[1])[:, 0]

    def step(self, rows: list[Any]) -> float:
        label, weight = (np.array([getattr(row, part) for row in rows], float) for part in ("label", "weight"))
        with tf.GradientTape() as tape:
            score = tf.sigmoid(self.logit(rows))
            loss = -tf.reduce_sum(weight * (label * tf.math.log(score) + (1 - label) * tf.math.log(1 - score)))
        tables = len(self.layout.tables)
        for index, gradient in enumerate(tape.gradient(loss, self.variables)):
            gradient = tf.convert_to_tensor(gradient) + self.added(index, rows, tables)
            penalty = (self.options.wide.l1, self.options.wide.l2) if index == 1 else (0.0, 0.0)
            update = self.ftrl if index < 2 else self.adagrad
            update(index, tf.convert_to_tensor(gradient).numpy(), *penalty)
        return float(loss)

    def added(self, index: int, rows: list[Any], tables: int) -> np.ndarray:
        """The penalties' gradients: of the embeddings that the batch uses, and of the kernels."""
        deep, weights = self.options.deep, self.variables[index].numpy()
        if 2 <= index <= tables:
            table = self.layout.tables[index - 1]
            used = {number + slot.offset for slot in table.slots for row in rows for number in row.ids[slot.column]}
            return deep.embedding_l2 * weights * np.isin(np.arange(len(weights)), list(used))[:, None]
        is_kernel = index > tables and (index - tables) % 2 == 1
        return (deep.l1 * np.sign(weights) + deep.l2 * weights) * is_kernel

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
    layers = zip(model.hidden.kernels, model.hidden.biases, strict=True)
    return [model.bias, *model.tables, *(part for layer in layers for part in layer)]


def make(toy: Any, options: TrainingOptions) -> tuple[WideDeepModel, JointTrainer]:
    model = new_model(toy.layout, options)
    return model, JointTrainer(model, head(toy.spec.label), options, batch_signature(toy.spec, toy.layout))


PENALISED = TrainingOptions.model_validate(
    OPTIONS.model_dump() | {"deep": OPTIONS.deep.model_dump() | {"l1": 0.02, "l2": 0.3, "embedding_l2": 0.5}}
)


@pytest.mark.parametrize(("examples", "options"), [(1, OPTIONS), (16, OPTIONS), (16, PENALISED)])
def test_steps_are_those_of_the_dense_model(toy, examples, options):
    random = np.random.default_rng(examples)
    model, trainer = make(toy, options)
    dense = DenseModel(model, options)
    start = [variable.numpy() for variable in variables(model)]
    for _ in range(30):
        rows = random_rows(random, toy, examples + 1)
        batch = toy.batch(toy.layout, rows)
        np.testing.assert_allclose(model(batch.inputs).numpy()[:, 0], dense.logit(rows).numpy(), rtol=0, atol=2e-5)
        loss, weight, count = trainer.step(batch).numpy()
        assert loss == pytest.approx(dense.step(rows), abs=1e-4)
        assert (weight, count) == (pytest.approx(batch.weight.numpy().sum(), rel=1e-6), examples + 1)
    for ours, theirs, before in zip(variables(model), dense.variables, start, strict=True):
        assert np.abs(theirs.numpy() - before).max() > 0.003
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=1e-5)
    # Both find the same weights to be exactly nothing, and some they do.
    zero = model.wide.numpy() == 0
    assert (zero == (dense.variables[1].numpy() == 0)).all()
    assert 0 < zero.sum() < zero.size


@pytest.mark.parametrize("options", [OPTIONS, ADAM])
def test_a_step_reads_a_tables_rows_once(toy, options):
    """In a large table each of them is a wait for the memory."""
    model, trainer = make(toy, options)
    step = trainer.step.get_concrete_function()
    read = [tensor for op in step.graph.get_operations() if op.type == "ResourceGather" for tensor in op.inputs[:1]]
    captured = {id(inside): id(outside) for outside, inside in step.graph.captures}
    handles = [captured[id(tensor)] for tensor in read]
    for optimizer in trainer.tables:
        assert handles.count(id(optimizer.variable.handle)) == 1
        assert [handles.count(id(slot.handle)) for slot in optimizer.slots.values()] == [1] * len(optimizer.slots)
    assert len(model.tables) == len(trainer.tables) > 1


@pytest.mark.parametrize("options", [OPTIONS, ADAM])
def test_rows_of_ids_that_a_batch_lacks_keep_their_bits(toy, options):
    model, trainer = make(toy, options)
    random = np.random.default_rng(5)
    trainer.step(toy.batch(toy.layout, random_rows(random, toy, 30)))
    before = [variable.numpy() for variable in model.tables]
    rows = random_rows(random, toy, 2)
    trainer.step(toy.batch(toy.layout, rows))
    for table, variable, old in zip(toy.layout.tables, model.tables, before, strict=True):
        used = {number + slot.offset for slot in table.slots for row in rows for number in row.ids[slot.column]}
        unused = [row for row in range(table.rows) if row not in used]
        assert unused
        assert (variable.numpy()[unused] == old[unused]).all()
        assert (variable.numpy()[sorted(used)] != old[sorted(used)]).any()


@pytest.mark.parametrize("options", [OPTIONS, ADAM])
def test_a_batch_without_any_id_trains_the_rest(toy, options):
    model, trainer = make(toy, options)
    batch = toy.batch(toy.layout, random_rows(np.random.default_rng(6), toy, 1))
    before = [variable.numpy() for variable in model.tables]
    kernel = model.hidden.kernels[0].numpy()
    loss = trainer.step(batch).numpy()[0]
    assert np.isfinite(loss)
    assert model.bias.numpy()[0] != 0.0
    assert (model.hidden.kernels[0].numpy()[-2:] != kernel[-2:]).any()
    assert all((variable.numpy() == old).all() for variable, old in zip(model.tables, before, strict=True))


def test_a_weight_of_2_is_the_row_twice(toy):
    rows = random_rows(np.random.default_rng(10), toy, 12)
    weighted = [type(row)(row.ids, row.dense, row.label, 1.0 + number % 2) for number, row in enumerate(rows)]
    twice = [type(row)(row.ids, row.dense, row.label, 1.0) for row in [*rows, *rows[1::2]]]
    (doubled, ours), (other, theirs) = make(toy, OPTIONS), make(toy, OPTIONS)
    for _ in range(5):
        totals = [
            trainer.step(toy.batch(toy.layout, part)).numpy() for trainer, part in ((ours, weighted), (theirs, twice))
        ]
        assert totals[0][:2] == pytest.approx(totals[1][:2], rel=1e-6)
        assert (totals[0][1], totals[0][2], totals[1][2]) == (18.0, 12.0, 18.0)
    for mine, their in zip(variables(doubled), variables(other), strict=True):
        np.testing.assert_allclose(mine.numpy(), their.numpy(), rtol=0, atol=1e-6)


def test_a_constant_input_of_0_leaves_its_weights_and_a_missing_flag_learns(toy):
    """What Transform makes of a constant number is (0, 0), and of one that is always missing (0, 1)."""
    model, trainer = make(toy, OPTIONS)
    rows = random_rows(np.random.default_rng(11), toy, 40)
    start = model.hidden.kernels[0].numpy()
    for dense, moved in (([0.0, 0.0], [False, False]), ([0.0, 1.0], [False, True])):
        batch = toy.batch(toy.layout, [type(row)(row.ids, dense, row.label, row.weight) for row in rows])
        for _ in range(3):
            assert np.isfinite(trainer.step(batch).numpy()).all()
        assert (model.hidden.kernels[0].numpy()[-2:] != start[-2:]).any(axis=1).tolist() == moved
        assert np.isfinite(model(batch.inputs)).all()


@pytest.mark.parametrize("values", [[np.nan], [np.inf], [-np.inf], [np.inf, -np.inf]])
def test_an_input_that_is_no_number_stops_the_step_before_anything_changes(toy, values):
    model, trainer = make(toy, OPTIONS)
    rows = random_rows(np.random.default_rng(14), toy, 12)
    for number, value in enumerate(values):
        row = rows[number]
        rows[number] = type(row)(row.ids, [value, *row.dense[1:]], row.label, row.weight)
    before = [variable.numpy() for variable in variables(model)]
    with pytest.raises(tf.errors.InvalidArgumentError, match="the loss : Tensor had"):
        trainer.step(toy.batch(toy.layout, rows))
    assert trainer.steps.numpy() == 0
    assert all((variable.numpy() == old).all() for variable, old in zip(variables(model), before, strict=True))


def test_many_steps_in_one_call_are_the_same_steps(toy):
    random = np.random.default_rng(8)
    batches = [toy.batch(toy.layout, random_rows(random, toy, 5)) for _ in range(4)]
    (model, stepwise), (other, together) = make(toy, OPTIONS), make(toy, OPTIONS)
    totals = sum(stepwise.step(batch).numpy() for batch in batches)
    signature = batch_signature(toy.spec, toy.layout)
    data = iter(tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature))
    parts = [together.run(data, tf.constant(count, tf.int64)).numpy() for count in (3, 1)]
    assert parts[0][2] == 15
    np.testing.assert_allclose(sum(parts), totals, rtol=1e-12)
    assert (stepwise.steps.numpy(), together.steps.numpy()) == (4, 4)
    for ours, theirs in zip(variables(model), variables(other), strict=True):
        assert (ours.numpy() == theirs.numpy()).all()


def test_dropout_changes_with_the_step_and_is_reproducible(toy):
    deep = {"hidden": [8], "dropout": 0.5, "learning_rate": 1e-12}
    options = TrainingOptions.model_validate({"wide": {"learning_rate": 1e-12}, "deep": deep})
    batch = toy.batch(toy.layout, random_rows(np.random.default_rng(12), toy, 20))
    losses = []
    for _ in range(2):
        _, trainer = make(toy, options)
        losses.append([float(trainer.step(batch)[0]) for _ in range(4)])
    # Nothing is learned: dropout alone makes the losses differ.
    assert len(set(losses[0])) == 4
    assert losses[0] == losses[1]


def test_the_bias_stays_where_it_started(toy):
    options = TrainingOptions.model_validate({"wide": {"learning_rate": 1e-6}, "deep": {"hidden": [4]}})
    model, trainer = make(toy, options)
    trainer.start_at(5.0)
    assert model.bias.numpy().tolist() == [5.0]
    trainer.step(toy.batch(toy.layout, random_rows(np.random.default_rng(13), toy, 20)))
    assert model.bias.numpy()[0] == pytest.approx(5.0, abs=1e-5)


def test_the_schedule_is_for_the_deep_part_alone(toy):
    """At step 1 of 1 the rate is 0: bias and wide part move, nothing else does."""
    schedule = {"decay": "linear", "decay_steps": 1}
    options = TrainingOptions.model_validate(OPTIONS.model_dump() | {"deep": {"hidden": [6], "schedule": schedule}})
    model, trainer = make(toy, options)
    batch = toy.batch(toy.layout, random_rows(np.random.default_rng(9), toy, 30))
    states = []
    for _ in range(3):
        states.append([variable.numpy() for variable in variables(model)])
        trainer.step(batch)
    first, second, third = states
    assert all((ours != theirs).any() for ours, theirs in zip(first, second, strict=True))
    changed = [(ours != theirs).any() for ours, theirs in zip(second, third, strict=True)]
    assert changed == [True, True] + [False] * (len(changed) - 2)


def test_a_part_of_the_negatives_trains_the_logit_of_all(toy):
    """He et al. 2014: trained on a part r, the odds are 1/r too high; the model's own logit has ln r added."""
    rate = 0.1
    (model, trainer), (plain, reference) = (
        make(toy, OPTIONS.model_copy(update={"keep_negatives": kept})) for kept in (rate, 1.0)
    )
    trainer.start_at(float(np.log(rate)))
    random = np.random.default_rng(14)
    for _ in range(10):
        batch = toy.batch(toy.layout, random_rows(random, toy, 20))
        ours, theirs = trainer.step(batch).numpy(), reference.step(batch).numpy()
        assert ours == pytest.approx(theirs, rel=1e-5)
        np.testing.assert_allclose(model(batch.inputs), plain(batch.inputs) + np.log(rate), rtol=0, atol=1e-4)
