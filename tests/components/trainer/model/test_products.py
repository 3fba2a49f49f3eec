"""The products of embeddings against their definition, pair by pair."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.model.network import WideDeepModel, new_model
from widedeep.components.trainer.training_options import TrainingOptions

WITH, WITHOUT = (
    TrainingOptions.model_validate({"deep": {"hidden": [5], "products": products}}) for products in (True, False)
)


def made(spec: FeatureSpec, outputs: int, options: TrainingOptions = WITH) -> WideDeepModel:
    """A model of random weights, equal for equal shapes."""
    model = new_model(make_layout(spec, {}, "wide_deep", outputs), options, outputs)
    random = np.random.default_rng(3)
    for weights in (*model.tables, model.bias, *model.layers):
        weights.assign(random.normal(size=weights.shape))
    return model


def products(model: WideDeepModel, row: object) -> np.ndarray:
    """The sum over all pairs of columns of one width, each with its weight, by output."""
    vectors = {}
    for table, weights in zip(model.layout.embeddings, model.embeddings, strict=True):
        for slot in table.slots:
            rows = [slot.offset + id_ for id_ in row.ids[slot.column]]
            pooled = weights.numpy()[rows].sum(axis=0)
            vectors[slot.column] = pooled / max(len(rows), 1) if table.pooling == "mean" else pooled
    weight = dict(zip(model.hidden.products.pairs, model.hidden.products.weights.numpy(), strict=True))
    total = np.zeros(model.bias.shape[0])
    for one, other in itertools.combinations(sorted(vectors), 2):
        if len(vectors[one]) == len(vectors[other]):
            total += weight.pop((one, other, len(vectors[one]))) * (vectors[one] @ vectors[other])
    assert not weight
    return total


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_logit_is_that_of_the_layers_and_the_sum_over_all_pairs_of_one_width(toy, outputs):
    model, plain = made(toy.spec, outputs), made(toy.spec, outputs, WITHOUT)
    rows = toy.rows[:20]
    logits, layers = (each(toy.batch(each.layout, rows).inputs).numpy() for each in (model, plain))
    expected = np.array([products(model, row) for row in rows])
    assert np.ptp(expected) > 3.0
    np.testing.assert_allclose(logits, layers + expected, rtol=1e-4, atol=1e-3)


def test_the_products_of_two_sides_are_those_of_the_whole_row(toy):
    """Of an embedding whose columns are split over both sides, too: each side's numbers are where they are read."""
    model = made(toy.spec, 1)
    inputs = np.random.default_rng(1).normal(size=(6, model.layout.deep_width)).astype(np.float32)
    sides = list(range(4)), list(range(4, model.layout.deep_width))
    logits = model.hidden.split(sides)(inputs[:2], inputs, tf.constant(3, tf.int64))
    whole = np.concatenate([np.repeat(inputs[:2, :4], 3, axis=0), inputs[:, 4:]], axis=1)
    np.testing.assert_allclose(logits, model.hidden(whole, None), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("side", [0, 1])
def test_one_side_may_have_all_columns(toy, side):
    model = made(toy.spec, 1)
    inputs = np.random.default_rng(1).normal(size=(2, 5, model.layout.deep_width)).astype(np.float32)
    sides = [[], []]
    sides[side] = list(range(model.layout.deep_width))
    logits = model.hidden.split(sides)(*inputs, tf.constant(1, tf.int64))
    np.testing.assert_allclose(logits, model.hidden(inputs[side], None), rtol=1e-4, atol=1e-4)


def test_all_begin_as_in_a_factorization_machine(toy):
    model = new_model(make_layout(toy.spec, {}, "wide_deep"), WITH)
    assert model.hidden.products.weights.numpy().tolist() == [[1.0]] * 3
    plain = new_model(make_layout(toy.spec, {}, "wide_deep"), WITHOUT)
    # The rest begins as it does without.
    for ours, theirs in zip(
        (*model.tables, *model.hidden.kernels), (*plain.tables, *plain.hidden.kernels), strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_of_several_logits_no_two_begin_alike(toy):
    weights = new_model(make_layout(toy.spec, {}, "wide_deep", 3), WITH, 3).hidden.products.weights.numpy()
    assert len(np.unique(weights)) == 9


def test_embeddings_of_unlike_widths_have_no_product():
    features = [
        {"key": key, "side": "context", "kind": "categorical", "transform": {"hash": {"buckets": 3}}, "wide": True}
        for key in ("a", "b")
    ]
    deep = [{**feature, "deep": {"embedding": width}} for width, feature in enumerate(features, 2)]
    spec = FeatureSpec.model_validate({"label": {"key": "y"}, "features": deep})
    with pytest.raises(ConfigError) as caught:
        new_model(make_layout(spec, {}, "wide_deep"), WITH)
    assert str(caught.value) == (
        "training.deep.products multiplies embeddings of one width, and no two columns have that (a_id 2, b_id 3): "
        "give two features embeddings of one width in features.yaml, or leave it out."
    )
