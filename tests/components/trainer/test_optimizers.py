"""The fused sparse updates against the published ones, dense and in float64."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from components.trainer.optimizers import Adagrad, Ftrl
from components.trainer.options import DeepOptions, WideOptions

ROWS, WIDTH, STEPS = 30, 3, 60


class DenseFtrl:
    """McMahan et al. 2013, algorithm 1, with TensorFlow's start (n = 0.1, beta = 0) and lambda2 = 2 l2."""

    def __init__(self, weights: np.ndarray, rate: float, l1: float, l2: float) -> None:
        self.w, self.z, self.n = weights.copy(), np.zeros_like(weights), np.full_like(weights, 0.1)
        self.rate, self.l1, self.l2 = rate, l1, l2

    def step(self, g: np.ndarray) -> None:
        sigma = (np.sqrt(self.n + g**2) - np.sqrt(self.n)) / self.rate
        self.z += g - sigma * self.w
        self.n += g**2
        scale = np.sqrt(self.n) / self.rate + 2 * self.l2
        self.w = np.where(np.abs(self.z) <= self.l1, 0.0, (np.sign(self.z) * self.l1 - self.z) / scale)


class DenseAdagrad:
    """Duchi et al. 2011, diagonal, with n = 0.1 at the start."""

    def __init__(self, weights: np.ndarray, rate: float) -> None:
        self.w, self.n, self.rate = weights.copy(), np.full_like(weights, 0.1), rate

    def step(self, g: np.ndarray) -> None:
        self.n += g**2
        self.w -= self.rate * g / np.sqrt(self.n)


def batches(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ids with repeats and a gradient for each use; rows 25 and up are in no batch."""
    random = np.random.default_rng(seed)
    return [(random.integers(0, 25, 12), random.normal(size=(12, WIDTH))) for _ in range(STEPS)]


def apply_both(optimizer: Ftrl | Adagrad, dense: DenseFtrl | DenseAdagrad, seed: int) -> None:
    for ids, gradients in batches(seed):
        whole = np.zeros([ROWS, WIDTH])
        np.add.at(whole, ids, gradients)
        rows = np.unique(ids)
        optimizer.apply_rows(tf.constant(whole[rows], tf.float32), tf.constant(rows))
        dense.step(whole)


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.7, 0.0), (0.0, 3.0), (0.7, 3.0)])
def test_sparse_ftrl_is_the_published_update(l1, l2):
    variable = tf.Variable(tf.zeros([ROWS, WIDTH]))
    dense = DenseFtrl(np.zeros([ROWS, WIDTH]), 0.05, l1, l2)
    apply_both(Ftrl(variable, WideOptions(learning_rate=0.05, l1=l1, l2=l2)), dense, seed=1)
    assert np.abs(dense.w).max() > 0.01
    np.testing.assert_allclose(variable.numpy(), dense.w, rtol=0, atol=1e-6)


def test_sparse_adagrad_is_the_published_update():
    start = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    variable = tf.Variable(start.astype(np.float32))
    dense = DenseAdagrad(start, 0.05)
    apply_both(Adagrad(variable, DeepOptions(learning_rate=0.05)), dense, seed=2)
    assert np.abs(dense.w - start).max() > 0.05
    np.testing.assert_allclose(variable.numpy(), dense.w, rtol=0, atol=1e-6)


def test_rows_that_are_in_no_batch_keep_their_bits():
    start = np.random.default_rng(0).normal(size=(ROWS, WIDTH)).astype(np.float32)
    variable = tf.Variable(start)
    apply_both(Adagrad(variable, DeepOptions()), DenseAdagrad(start.astype(np.float64), 0.03), seed=3)
    assert (variable.numpy()[25:] == start[25:]).all()
    assert (variable.numpy()[:25] != start[:25]).any(axis=1).all()


def test_l1_holds_weak_weights_at_exactly_zero():
    # |z| reaches 0.9 in row 0 and 1.1 in row 1: on either side of l1 = 1.
    variable = tf.Variable(tf.zeros([2, 1]))
    optimizer = Ftrl(variable, WideOptions(learning_rate=0.1, l1=1.0, l2=0.0))
    optimizer.apply_rows(tf.constant([[0.9], [1.1]]), tf.constant([0, 1]))
    weak, strong = variable.numpy()[:, 0]
    assert weak == 0.0
    # (sign(z) l1 - z) / (sqrt(n) / rate), n = 0.1 + 1.1^2
    assert strong == pytest.approx((1.0 - 1.1) * 0.1 / np.sqrt(0.1 + 1.1**2), rel=1e-5)


def test_the_whole_variable_moves_as_its_rows_would():
    gradients = np.random.default_rng(4).normal(size=(STEPS, 5)).astype(np.float32)
    bias, layer = tf.Variable(tf.zeros([5])), tf.Variable(tf.zeros([5]))
    # The bias bears no penalty.
    ftrl, adagrad = Ftrl(bias, WideOptions(learning_rate=0.05, l1=9.0, l2=9.0)), Adagrad(layer, DeepOptions())
    dense_ftrl, dense_adagrad = DenseFtrl(np.zeros(5), 0.05, 0.0, 0.0), DenseAdagrad(np.zeros(5), 0.03)
    for gradient in gradients:
        ftrl.apply(tf.constant(gradient))
        adagrad.apply(tf.constant(gradient))
        dense_ftrl.step(gradient.astype(np.float64))
        dense_adagrad.step(gradient.astype(np.float64))
    np.testing.assert_allclose(bias.numpy(), dense_ftrl.w, rtol=0, atol=1e-6)
    np.testing.assert_allclose(layer.numpy(), dense_adagrad.w, rtol=0, atol=1e-6)
