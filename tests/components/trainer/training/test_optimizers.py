"""AdaGrad and Adam of rows against the published updates, dense and in float64."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.trainer.training.optimizers import Adagrad, Adam, Penalties, deep_optimizer
from widedeep.components.trainer.training_options import DeepOptions

ROWS, WIDTH, STEPS = 30, 3, 60
ONE = tf.constant(1.0)
# 0.999 as float32 is 1.3e-8 off, which is 1.3e-5 of 1 - 0.999: so much an Adam step in float32 may be off.
ADAM = 2e-5


class DenseAdagrad:
    """Duchi et al. 2011, diagonal, with n = 0.1 at the start."""

    def __init__(self, weights: np.ndarray, rate: float) -> None:
        self.w, self.n, self.rate = weights.copy(), np.full_like(weights, 0.1), rate

    def step(self, g: np.ndarray) -> None:
        self.n += g**2
        self.w -= self.rate * g / np.sqrt(self.n)


class DenseAdam:
    """Kingma & Ba 2015, algorithm 1."""

    def __init__(self, weights: np.ndarray, rate: float) -> None:
        self.w, self.rate, self.t = weights.copy(), rate, 0
        self.m, self.v = np.zeros_like(weights), np.zeros_like(weights)

    def step(self, g: np.ndarray) -> None:
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g**2
        unbiased = self.m / (1 - 0.9**self.t), self.v / (1 - 0.999**self.t)
        self.w -= self.rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)


def batches(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ids with repeats and a gradient for each use; rows 25 and up are in no batch."""
    random = np.random.default_rng(seed)
    return [(random.integers(0, 25, 12), random.normal(size=(12, WIDTH))) for _ in range(STEPS)]


def apply_both(optimizer: Adagrad, dense: DenseAdagrad, seed: int) -> None:
    for ids, gradients in batches(seed):
        whole = np.zeros([ROWS, WIDTH])
        np.add.at(whole, ids, gradients)
        rows = np.unique(ids)
        optimizer.apply_rows(tf.constant(whole[rows], tf.float32), tf.constant(rows), ONE)
        dense.step(whole)


def test_sparse_adagrad_is_the_published_update():
    start = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    variable = tf.Variable(start.astype(np.float32))
    dense = DenseAdagrad(start, 0.05)
    apply_both(Adagrad(variable, 0.05), dense, seed=2)
    assert np.abs(dense.w - start).max() > 0.05
    np.testing.assert_allclose(variable.numpy(), dense.w, rtol=0, atol=1e-6)


def test_rows_that_are_in_no_batch_keep_their_bits():
    start = np.random.default_rng(0).normal(size=(ROWS, WIDTH)).astype(np.float32)
    variable = tf.Variable(start)
    apply_both(Adagrad(variable, 0.03), DenseAdagrad(start.astype(np.float64), 0.03), seed=3)
    assert (variable.numpy()[25:] == start[25:]).all()
    assert (variable.numpy()[:25] != start[:25]).any(axis=1).all()


def test_the_whole_variable_moves_as_its_rows_would():
    gradients = np.random.default_rng(4).normal(size=(STEPS, 5)).astype(np.float32)
    layer, other = (tf.Variable(tf.zeros([5])) for _ in range(2))
    optimizers = [
        deep_optimizer(variable, DeepOptions(optimizer=name, learning_rate=0.03))
        for variable, name in ((layer, "adagrad"), (other, "adam"))
    ]
    start = np.zeros(5)
    dense = DenseAdagrad(start, 0.03), DenseAdam(start, 0.03)
    for gradient in gradients:
        for ours, theirs in zip(optimizers, dense, strict=True):
            ours.apply(tf.constant(gradient), ONE)
            theirs.step(gradient.astype(np.float64))
    for variable, theirs, tolerance in zip((layer, other), dense, (1e-6, ADAM), strict=True):
        assert np.abs(theirs.w).max() > 0.05
        np.testing.assert_allclose(variable.numpy(), theirs.w, rtol=0, atol=tolerance)


def test_a_row_under_adam_lives_by_its_own_steps():
    """Each row as if Adam were its alone, fed with the gradients of the steps that use it."""
    start = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    variable = tf.Variable(start.astype(np.float32))
    optimizer = Adam(variable, 0.05)
    alone = [DenseAdam(row, 0.05) for row in start]
    for ids, gradients in batches(seed=5):
        rows, position = np.unique(ids, return_inverse=True)
        summed = np.zeros([len(rows), WIDTH])
        np.add.at(summed, position, gradients)
        optimizer.apply_rows(tf.constant(summed, tf.float32), tf.constant(rows, tf.int32), ONE)
        for row, gradient in zip(rows, summed, strict=True):
            alone[row].step(gradient)
    assert len({single.t for single in alone}) > 5
    np.testing.assert_allclose(variable.numpy(), [single.w for single in alone], rtol=0, atol=ADAM)
    assert (variable.numpy()[25:] == start[25:].astype(np.float32)).all()
    np.testing.assert_allclose(optimizer.slots["uses"].numpy()[:, 0], [single.t for single in alone])


@pytest.mark.parametrize(("name", "reference"), [("adagrad", DenseAdagrad), ("adam", DenseAdam)])
def test_the_factor_scales_the_learning_rate(name, reference):
    whole, rows = tf.Variable(tf.zeros([4, 1])), tf.Variable(tf.zeros([4, 1]))
    optimizers = [
        deep_optimizer(variable, DeepOptions(optimizer=name, learning_rate=0.2)) for variable in (whole, rows)
    ]
    dense = reference(np.zeros([4, 1]), 0.2)
    for factor in (1.0, 0.5, 0.0, 0.25):
        gradient = np.array([[1.0], [-2.0], [0.5], [3.0]])
        dense.rate = 0.2 * factor
        dense.step(gradient)
        optimizers[0].apply(tf.constant(gradient, tf.float32), tf.constant(factor))
        optimizers[1].apply_rows(tf.constant(gradient, tf.float32), tf.range(4), tf.constant(factor))
    np.testing.assert_allclose(whole.numpy(), dense.w, rtol=0, atol=ADAM)
    np.testing.assert_allclose(rows.numpy(), dense.w, rtol=0, atol=ADAM)


def test_the_optimizer_is_the_one_that_the_options_name():
    variable = tf.Variable(tf.zeros([1, 1]))
    assert isinstance(deep_optimizer(variable, DeepOptions()), Adagrad)
    assert isinstance(deep_optimizer(variable, DeepOptions(optimizer="adam")), Adam)


@pytest.mark.parametrize(("name", "reference"), [("adagrad", DenseAdagrad), ("adam", DenseAdam)])
@pytest.mark.parametrize("penalties", [Penalties(l2=0.7), Penalties(l1=0.3), Penalties(0.3, 0.7)])
def test_penalties_are_of_the_rows_that_a_step_uses(name, reference, penalties):
    """To each used row's gradient l1 sign(w) + l2 w is added, once however often the batch uses it."""
    start = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    rows, whole = (tf.Variable(start.astype(np.float32)) for _ in range(2))
    options = DeepOptions(optimizer=name, learning_rate=0.05)
    optimizers = [deep_optimizer(variable, options, penalties) for variable in (rows, whole)]
    alone, together = [reference(row, 0.05) for row in start], reference(start, 0.05)

    def added(weights: np.ndarray) -> np.ndarray:
        return penalties.l1 * np.sign(weights) + penalties.l2 * weights

    for ids, gradients in batches(seed=6):
        summed = np.zeros([ROWS, WIDTH])
        np.add.at(summed, ids, gradients)
        used = np.unique(ids)
        optimizers[0].apply_rows(tf.constant(summed[used], tf.float32), tf.constant(used, tf.int32), ONE)
        for row in used:
            alone[row].step(summed[row] + added(alone[row].w))
        optimizers[1].apply(tf.constant(summed, tf.float32), ONE)
        together.step(summed + added(together.w))
    # Where a weight crosses 0, the sign of its last bits decides.
    tolerance = 1e-3 if penalties.l1 else ADAM
    np.testing.assert_allclose(rows.numpy(), [single.w for single in alone], rtol=0, atol=tolerance)
    np.testing.assert_allclose(whole.numpy(), together.w, rtol=0, atol=tolerance)
    assert (rows.numpy()[25:] == start[25:].astype(np.float32)).all()
