"""The model's parts by hand: pooling, hidden layers, batch normalisation, dropout."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from widedeep.components.trainer.model.hidden_layers import HiddenLayers, _kept
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.model.network import new_model
from widedeep.components.trainer.training_options import Activation, DeepOptions, TrainingOptions


def layers(width: int, outputs: int = 1, **options: Any) -> HiddenLayers:
    return HiddenLayers(width, DeepOptions.model_validate(options), outputs, tf.random.Generator.from_seed(1))


def at(step: int) -> tf.Tensor:
    return tf.constant([1, step], tf.int64)


def test_each_table_pools_as_it_should(toy):
    """a = {1, 2}, b = {}, s = {4, 5}, c = {3}, with tables that tell which row was read."""
    model = new_model(toy.layout, TrainingOptions.model_validate({"deep": {"hidden": []}}))
    model.bias.assign([1000.0])
    model.wide.assign(np.arange(1.0, 21.0, dtype=np.float32)[:, None])  # a: 1..7, c: 8..11, cross: 12..20
    of_c, mean, summed = model.embeddings  # width 2; width 3: a in rows 0..6, b in 7..11; s
    of_c.assign(np.repeat(np.arange(4, dtype=np.float32)[:, None], 2, axis=1))
    mean.assign(np.repeat(np.arange(12, dtype=np.float32)[:, None] * 10, 3, axis=1))
    summed.assign(np.repeat(np.arange(6, dtype=np.float32)[:, None] * 10, 3, axis=1))
    (kernel,) = model.hidden.kernels
    # The inputs: c, a, b, s, then x's value and its missing flag.
    kernel.assign(np.array([[1], [0], [100], [0], [0], [7], [7], [7], [1e4], [0], [0], [1e6], [0]], np.float32))
    ids = {"a_id": [1, 2], "b_id": [], "s_id": [4, 5], "c_id": [3], "a_x_c": [0, 8]}
    row = type(toy.rows[0])(ids, [0.5, 0.0], 0, 1.0)
    nothing = type(row)({column: [] for column in ids}, [2.0, 0.0], 0, 1.0)
    logits = model(toy.batch(toy.layout, [row, nothing]).inputs).numpy()
    # wide: a (2 + 3) / sqrt(2), c 8 + 3, crosses (12 + 20) / sqrt(2);
    # deep: c's 3, a's mean (10 + 20) / 2 times 100, s's sum 40 + 50, x.
    whole = 1000 + (5 / 2**0.5 + 11 + 32 / 2**0.5) + 3 + 100 * 15 + 1e4 * 90 + 1e6 * 0.5
    assert logits[:, 0] == pytest.approx([whole, 1000 + 1e6 * 2.0])


@pytest.mark.parametrize("variant", ["wide", "deep"])
def test_a_variant_is_the_sum_without_the_other_part(toy, variant):
    options = TrainingOptions.model_validate({"deep": {"hidden": [4]}})
    both = make_layout(toy.spec, {}, "wide_deep", outputs=3)
    model = new_model(both, options, outputs=3)
    model.wide.assign(np.random.default_rng(1).normal(size=model.wide.shape))
    layout = make_layout(toy.spec, {}, variant, outputs=3)
    alone = new_model(layout, options, outputs=3)
    if variant == "wide":
        alone.wide.assign(model.wide.numpy())
        for kernel in model.hidden.kernels:
            kernel.assign(tf.zeros_like(kernel))
    else:
        model.wide.assign(np.zeros(model.wide.shape))
    rows = toy.rows[:20]
    logits = alone(
        toy.batch(layout, [type(row)(row.ids, row.dense[: len(layout.dense)], 0, 1.0) for row in rows]).inputs
    )
    assert logits.shape == [20, 3]
    assert np.abs(logits).max() > 0.1
    np.testing.assert_allclose(logits, model(toy.batch(both, rows).inputs), rtol=0, atol=1e-6)


def test_hidden_layers_are_relus_and_the_last_is_linear():
    made = layers(2, hidden=[2])
    made.kernels[0].assign([[1.0, -1.0], [0.0, 2.0]])
    made.biases[0].assign([0.5, 0.0])
    made.kernels[1].assign([[-3.0], [1.0]])
    made.biases[1].assign([0.25])
    # [1, 1] -> relu [1.5, 1] -> -4.5 + 1 + 0.25; [-2, 1] -> relu [-1.5, 4] -> 4 + 0.25
    assert made(tf.constant([[1.0, 1.0], [-2.0, 1.0]]), None).numpy()[:, 0].tolist() == [-3.25, 4.25]


def test_the_weights_at_the_start_have_the_published_spread():
    """He et al. 2015: variance 2 / inputs; embeddings of norm 0.1; biases 0. The seed decides all of them."""
    made = layers(400, hidden=[300])
    assert made.kernels[0].numpy().std() == pytest.approx((2 / 400) ** 0.5, rel=0.02)
    assert all((bias.numpy() == 0).all() for bias in made.biases)


def test_embeddings_start_small_and_by_the_seed(toy):
    first, again, other = (new_model(toy.layout, TrainingOptions(seed=seed)) for seed in (1, 1, 2))
    norms = np.concatenate([np.linalg.norm(table.numpy(), axis=1) for table in first.embeddings])
    assert np.sqrt((norms**2).mean()) == pytest.approx(0.1, rel=0.3)
    assert not first.wide.numpy().any()
    for ours, same, theirs in zip(first.embeddings, again.embeddings, other.embeddings, strict=True):
        assert (ours.numpy() == same.numpy()).all()
        assert (ours.numpy() != theirs.numpy()).all()


def test_batch_norm_takes_the_batch_in_training_and_moving_averages_in_serving():
    made = layers(2, hidden=[2], batch_norm=True)
    made.kernels[0].assign([[1.0, 0.0], [0.0, 1.0]])
    made.biases[0].assign([10.0, 20.0])
    made.kernels[1].assign([[1.0], [100.0]])
    (norm,) = made.norms
    norm.scale.assign([2.0, 3.0])
    data = np.array([[1.0, 0.0], [3.0, 4.0], [2.0, 2.0]], np.float32)

    def expected(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        normed = (data - mean) / np.sqrt(variance + 1e-3) * [2.0, 3.0] + [10.0, 20.0]
        return np.maximum(normed, 0.0) @ [1.0, 100.0]

    moving = np.zeros(2), np.ones(2)
    for step in range(3):
        np.testing.assert_allclose(made(tf.constant(data), None)[:, 0], expected(*moving), rtol=1e-5)
        # By hand: means 2 and 2; variances (1 + 1 + 0) / 3 and (4 + 4 + 0) / 3.
        batch = np.array([2.0, 2.0]), np.array([2 / 3, 8 / 3])
        np.testing.assert_allclose(made(tf.constant(data), at(step))[:, 0], expected(*batch), rtol=1e-5)
        moving = tuple(0.99 * before + 0.01 * now for before, now in zip(moving, batch, strict=True))
    np.testing.assert_allclose(norm.mean, moving[0], rtol=1e-5)
    np.testing.assert_allclose(norm.variance, moving[1], rtol=1e-5)
    assert [variable.name.removesuffix(":0") for variable in made.trainable][-1] == "scale"


def test_without_batch_norm_there_is_nothing_of_it():
    made = layers(2, hidden=[2, 2])
    assert made.norms == []
    assert len(made.trainable) == 6


def test_dropout_is_for_training_alone():
    made = layers(3, hidden=[64], dropout=0.5)
    data = tf.constant(np.random.default_rng(1).normal(size=(8, 3)), tf.float32)
    assert (made(data, None).numpy() == made(data, None).numpy()).all()
    assert (made(data, at(0)).numpy() != made(data, None).numpy()).all()
    plain = layers(3, hidden=[64])
    assert (plain(data, at(0)).numpy() == plain(data, None).numpy()).all()


def test_dropout_changes_with_seed_step_and_layer():
    made = layers(1, hidden=[1000, 1000], dropout=0.5)
    made.kernels[0].assign(tf.ones([1, 1000]))
    made.kernels[1].assign(tf.eye(1000))
    ones = tf.ones([1, 1])

    def read(seed: int, step: int, kernel: np.ndarray) -> float:
        made.kernels[2].assign(kernel[:, None])
        return float(made(ones, tf.constant([seed, step], tf.int64))[0, 0])

    # A number that tells which units both layers keep.
    mark = np.random.default_rng(2).normal(size=1000)
    assert read(1, 0, mark) == read(1, 0, mark)
    assert len({read(1, 0, mark), read(1, 6, mark), read(2, 0, mark)}) == 3
    # Two independent halves leave a quarter, each 4 times as large: 250 units with deviation sqrt(1000 / 4 * 3 / 4).
    assert read(1, 0, np.full(1000, 0.25)) == pytest.approx(250, abs=5 * 13.7)


def test_dropout_keeps_the_expected_value():
    made = layers(1, hidden=[20_000], dropout=0.25)
    made.kernels[0].assign(tf.ones([1, 20_000]))
    made.kernels[1].assign(tf.fill([20_000, 1], 1 / 20_000))
    # A unit is 1 / 0.75 with probability 0.75: the mean's deviation is sqrt(0.25 / 0.75 / 20,000) = 0.004.
    assert float(made(tf.ones([1, 1]), at(0))[0, 0]) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("rate", [0.0001, 0.2, 0.5, 0.9])
def test_so_many_units_of_each_row_are_dropped(rate):
    # 3 x 5,001: a number that no word of four draws divides.
    kept = np.array([_kept(3, [5_001], rate, at(step))[0] for step in range(20)])
    drawn = kept.size
    assert np.mean(kept == 0) == pytest.approx(rate, abs=5 * (rate * (1 - rate) / drawn) ** 0.5)
    assert kept[kept != 0] == pytest.approx(1 / (1 - rate), rel=1e-4)
    # No two rows, and no two steps, drop the same units.
    rows = kept.reshape(-1, 5_001) == 0
    assert len({row.tobytes() for row in rows}) == len(rows) or rate == 0.0001


def test_a_rate_next_to_one_drops_nearly_all():
    kept = _kept(200, [4_000], 1 - 1e-9, at(0))[0].numpy()
    assert 0 < np.count_nonzero(kept) < 60
    assert set(np.unique(kept)) == {0.0, 2.0**16}


# By definition, in float64.
ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "gelu": lambda x: x * special.ndtr(x),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "tanh": np.tanh,
    "sigmoid": special.expit,
    "swish": lambda x: x * special.expit(x),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_activation_is_the_published_one(name):
    made = layers(3, hidden=[5], activation=name)
    inputs = np.random.default_rng(2).normal(size=(50, 3)) * 2
    kernels = [kernel.numpy().astype(np.float64) for kernel in made.kernels]
    expected = ACTIVATIONS[name](inputs @ kernels[0]) @ kernels[1]
    np.testing.assert_allclose(made(tf.constant(inputs, tf.float32), None), expected, rtol=0, atol=1e-5)
    # Klambauer et al. 2017, and Glorot & Bengio 2010 for as many outputs as inputs.
    gain = 1.0 if name in ("selu", "tanh", "sigmoid") else 2.0
    assert layers(400, hidden=[300], activation=name).kernels[0].numpy().std() == pytest.approx(
        (gain / 400) ** 0.5, rel=0.02
    )


def test_every_activation_has_its_definition_here():
    assert set(ACTIVATIONS) == set(get_args(Activation))


def test_embedding_dropout_drops_numbers_of_embeddings_alone_and_keeps_their_mean():
    options = DeepOptions.model_validate({"hidden": [], "embedding_dropout": 0.25})
    made = HiddenLayers(1010, options, 1, tf.random.Generator.from_seed(1), embedded=1000)
    weights = np.zeros([1010, 1], np.float32)
    ones = tf.ones([1, 1010])
    # The sum of the embeddings' numbers, each 0 or 4/3; that of the others, which stay 1.
    weights[:1000] = 1.0
    made.kernels[0].assign(weights)
    sums = [float(made(ones, at(step))[0, 0]) for step in range(200)]
    assert len(set(sums)) > 20
    assert np.mean(sums) == pytest.approx(1000, abs=5 * (1000 * 0.25 / 0.75 / 200) ** 0.5)
    assert float(made(ones, None)[0, 0]) == 1000.0
    made.kernels[0].assign(1.0 - weights)
    assert float(made(ones, at(0))[0, 0]) == 10.0


def test_embeddings_and_hidden_layers_drop_by_draws_of_their_own():
    options = DeepOptions.model_validate({"hidden": [1000], "dropout": 0.5, "embedding_dropout": 0.5})
    made = HiddenLayers(1000, options, 1, tf.random.Generator.from_seed(1), embedded=1000)
    made.kernels[0].assign(tf.eye(1000))
    made.kernels[1].assign(tf.ones([1000, 1]))
    # Each number is kept by both with a chance of 1/4 and is then 4; with the same draws it would be 1/2.
    kept = float(made(tf.ones([1, 1000]), at(0))[0, 0]) / 4.0
    assert kept == pytest.approx(250, abs=70)
