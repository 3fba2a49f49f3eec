"""The wide table's updates against the published ones, dense and in float64."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.kernel_def_pb2 import KernelDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.python.framework.kernels import get_registered_kernels_for_op

from widedeep.components.trainer.model.ftrl_table import FtrlTable
from widedeep.components.trainer.training.optimizers import Adagrad
from widedeep.components.trainer.training_options import WideOptions

ROWS, WIDTH, STEPS = 30, 3, 60
ONE = tf.constant(1.0)


def options(rate: float = 0.05, l1: float = 0.0, l2: float = 0.0) -> WideOptions:
    return WideOptions(learning_rate=rate, l1=l1, l2=l2)


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


def learn(table: FtrlTable, dense: DenseFtrl, seed: int) -> None:
    """The same steps of both: rows up to 25, of which a step uses some."""
    random = np.random.default_rng(seed)
    for _ in range(STEPS):
        rows = np.unique(random.integers(0, 25, 12))
        whole = np.zeros([ROWS, WIDTH])
        whole[rows] = random.normal(size=(len(rows), WIDTH))
        table.apply_rows(tf.constant(whole[rows], tf.float32), tf.constant(rows), ONE)
        dense.step(whole)


PENALTIES = [(0.0, 0.0), (0.7, 0.0), (0.0, 3.0), (0.7, 3.0)]


@pytest.mark.parametrize(("l1", "l2"), PENALTIES)
def test_the_update_is_the_published_one(l1, l2):
    table, dense = FtrlTable(ROWS, WIDTH, options(0.05, l1, l2)), DenseFtrl(np.zeros([ROWS, WIDTH]), 0.05, l1, l2)
    learn(table, dense, seed=1)
    assert np.abs(dense.w).max() > 0.01
    np.testing.assert_allclose(table.numpy(), dense.w, rtol=0, atol=1e-6)
    rows = tf.constant([7, 29, 0])
    np.testing.assert_allclose(table.read(rows), dense.w[[7, 29, 0]], rtol=0, atol=1e-6)
    assert (table.numpy()[25:] == 0).all()


def test_l1_holds_weak_weights_at_exactly_zero():
    # |z| reaches 0.9 in row 0 and 1.1 in row 1: on either side of l1 = 1.
    table = FtrlTable(2, 1, options(0.1, l1=1.0))
    table.apply_rows(tf.constant([[0.9], [1.1]]), tf.constant([0, 1]), ONE)
    weak, strong = table.numpy()[:, 0]
    assert weak == 0.0
    # (sign(z) l1 - z) / (sqrt(n) / rate), n = 0.1 + 1.1^2
    assert strong == pytest.approx((1.0 - 1.1) * 0.1 / np.sqrt(0.1 + 1.1**2), rel=1e-5)


def test_the_factor_is_not_for_ftrl():
    for factor in (1.0, 0.1):
        table = FtrlTable(1, 1, options())
        table.apply_rows(tf.constant([[2.0]]), tf.constant([0]), tf.constant(factor))
        # -z / (sqrt(n) / rate), n = 0.1 + 2^2
        assert table.numpy()[0, 0] == pytest.approx(-2.0 * 0.05 / np.sqrt(4.1), rel=1e-5)


def test_without_penalties_it_is_adagrad():
    """By which the bias, which has none, is trained: the sums of FTRL then say what AdaGrad's steps add up to."""
    table, bias = FtrlTable(1, 2, options(0.3)), tf.Variable([0.0, 0.0])
    adagrad = Adagrad(bias, 0.3)
    for gradient in np.random.default_rng(2).normal(size=(STEPS, 2)).astype(np.float32):
        table.apply_rows(tf.constant(gradient[None]), tf.constant([0]), ONE)
        adagrad.apply(tf.constant(gradient), ONE)
    assert np.abs(bias.numpy()).max() > 0.1
    np.testing.assert_allclose(table.numpy()[0], bias.numpy(), rtol=1e-4)


@pytest.mark.parametrize(("l1", "l2"), PENALTIES)
def test_weights_that_were_set_go_on_from_there(l1, l2):
    table, dense = FtrlTable(ROWS, WIDTH, options(0.05, l1, l2)), DenseFtrl(np.zeros([ROWS, WIDTH]), 0.05, l1, l2)
    learn(table, dense, seed=3)
    weights = np.random.default_rng(4).normal(size=(ROWS, WIDTH))
    weights[::3] = 0.0
    table.assign(weights)
    np.testing.assert_allclose(table.numpy(), weights, rtol=1e-5, atol=1e-7)
    assert (table.numpy()[::3] == 0).all()
    dense.w = weights
    dense.z = -np.sign(weights) * l1 - weights * (np.sqrt(dense.n) / 0.05 + 2 * l2)
    dense.z[::3] = np.clip(table.sums().imag[::3], -l1, l1)
    learn(table, dense, seed=5)
    np.testing.assert_allclose(table.numpy(), dense.w, rtol=1e-4, atol=1e-5)


def test_other_rates_and_penalties_leave_the_weights():
    before = options(0.05, l1=0.7, l2=3.0)
    old, new = FtrlTable(ROWS, WIDTH, before), FtrlTable(ROWS, WIDTH, options(0.8, l1=0.2))
    learn(old, DenseFtrl(np.zeros([ROWS, WIDTH]), 0.05, 0.7, 3.0), seed=6)
    new.variable.assign(old.variable)
    weights = old.numpy()
    assert 0.1 < (weights == 0).mean() < 0.9
    assert np.abs(new.numpy() - weights).max() > 0.01
    new.refit(before)
    np.testing.assert_allclose(new.numpy(), weights, rtol=1e-4, atol=1e-7)
    assert (new.sums().real == old.sums().real).all()


def test_each_operation_on_the_table_exists_for_gpus():
    """Of complex numbers TensorFlow could read rows there, and not write them."""
    table = FtrlTable(ROWS, WIDTH, options())

    @tf.function
    def step(gradient: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        table.apply_rows(gradient, rows, ONE)
        return table.read(rows)

    graph = step.get_concrete_function(tf.TensorSpec([None, WIDTH]), tf.TensorSpec([None], tf.int32)).graph
    made = {each.type: each for each in graph.get_operations()}
    checked = [name for name in made if name.startswith("Resource") or name in ("Bitcast", "Real", "Imag", "Complex")]
    assert {"ResourceGather", "ResourceScatterUpdate", "Bitcast", "Real", "Imag", "Complex"} == set(checked)
    for name in checked:
        kernels = get_registered_kernels_for_op(name).kernel
        if name == "ResourceGather" and not any(kernel.device_type == "GPU" for kernel in kernels):
            pytest.skip("this TensorFlow is built without GPUs")
        assert any(_takes(kernel, made[name].node_def) for kernel in kernels if kernel.device_type == "GPU"), name


def _takes(kernel: KernelDef, node: NodeDef) -> bool:
    """Whether a kernel is of the types that an operation has."""
    return all(node.attr[each.name].type in each.allowed_values.list.type for each in kernel.constraint)


def test_all_weights_are_read_in_pieces(monkeypatch):
    table = FtrlTable(ROWS, WIDTH, options())
    weights = np.random.default_rng(7).normal(size=(ROWS, WIDTH)).astype(np.float32)
    table.assign(weights)
    monkeypatch.setattr("widedeep.components.trainer.model.ftrl_table._CHUNK", 7)
    np.testing.assert_allclose(table.numpy(), weights, rtol=1e-6)
