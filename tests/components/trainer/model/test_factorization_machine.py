"""The factorization machine against its definition: a sum over pairs, column by column (Rendle 2010, equation 1)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf
from drawn_weights import assign

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.model.network import WideDeepModel, new_model
from widedeep.components.trainer.training_options import TrainingOptions

FM = TrainingOptions.model_validate({"model": "fm"})


def made(spec: FeatureSpec, outputs: int) -> WideDeepModel:
    """A model of random weights."""
    model = new_model(make_layout(spec, {}, "fm", outputs), FM, outputs)
    random = np.random.default_rng(3)
    assign(model, lambda variable: random.normal(size=variable.shape))
    return model


def by_pairs(model: WideDeepModel, row: object, output: int, outputs: int) -> float:
    """One logit, from the weights alone."""
    layout, total = model.layout, float(model.bias.numpy()[output])
    columns = []
    for table, weights in zip(layout.embeddings, model.embeddings, strict=True):
        width = table.width // outputs
        mine = weights.numpy()[:, output * width : (output + 1) * width]
        for slot in table.slots:
            rows = [slot.offset + id_ for id_ in row.ids[slot.column]]
            pooled = mine[rows].sum(axis=0)
            columns.append(pooled / max(len(rows), 1) if table.pooling == "mean" else pooled)
    width = len(columns[0])
    for number, value in enumerate(row.dense):
        columns.append(value * model.hidden.vectors.numpy()[number, output * width : (output + 1) * width])
        total += value * model.hidden.weights.numpy()[number, output]
    for slot in layout.wide.slots:
        ids = row.ids[slot.column]
        total += sum(model.wide.numpy()[slot.offset + id_, output] for id_ in ids) / max(len(ids), 1) ** 0.5
    return total + sum(float(column @ other) for column, other in itertools.combinations(columns, 2))


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_logit_is_the_sum_over_all_pairs_of_columns(toy, outputs):
    model = made(toy.spec, outputs)
    rows = toy.rows[:20]
    logits = model(toy.batch(model.layout, rows).inputs).numpy()
    expected = [[by_pairs(model, row, output, outputs) for output in range(outputs)] for row in rows]
    assert np.ptp(logits) > 5.0
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-3)


def test_its_vectors_are_of_one_width_and_its_weights_of_no_cross(toy):
    layout = make_layout(toy.spec, {}, "fm")
    assert {table.width for table in layout.embeddings} == {3}
    # b and s have embeddings alone elsewhere; here each id has a weight.
    assert [slot.column for slot in layout.wide.slots] == ["a_id", "b_id", "s_id", "c_id"]
    assert not layout.has_crosses
    assert make_layout(toy.spec, {}, "wide_deep").has_crosses


def test_the_sums_of_two_sides_are_those_of_the_whole_row(toy):
    """What a ranking request computes once for the user is added to each candidate's."""
    model = made(toy.spec, 1)
    inputs = np.random.default_rng(1).normal(size=(5, model.layout.deep_width)).astype(np.float32)
    sides = list(range(4)), list(range(4, model.layout.deep_width))
    logits = model.hidden.split(sides)(inputs, inputs, tf.constant(1, tf.int64))
    # Columns 0 to 3 are a whole embedding and a part of the next: the squares are of single numbers.
    np.testing.assert_allclose(logits, model.hidden(inputs), rtol=1e-4, atol=1e-4)
