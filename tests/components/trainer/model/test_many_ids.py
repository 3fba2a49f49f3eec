"""Rows with many ids of one column: what they add, and that training on them does not diverge."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model import network
from widedeep.components.trainer.model.heads import Binary
from widedeep.components.trainer.model.inputs import Batch, Inputs, batch_signature, deduplicate
from widedeep.components.trainer.model.layout import Layout, make_layout
from widedeep.components.trainer.model.network import new_model
from widedeep.components.trainer.training.joint_step import JointTrainer
from widedeep.components.trainer.training_options import TrainingOptions

BUCKETS = 5000
WIDE = TrainingOptions.model_validate({"model": "wide"})


def declared(**roles: Any) -> FeatureSpec:
    made = {"transform": {"hash": {"buckets": BUCKETS}}, "side": "context"}
    features = [{"key": "s", "kind": "set", **made, **roles}, {"key": "c", "kind": "categorical", **made, "wide": True}]
    return FeatureSpec.model_validate({"label": {"key": "y"}, "features": features})


def inputs(layout: Layout, rows: list[tuple[list[int], list[int]]]) -> Inputs:
    """Of rows with ids of s and c; in the layout's only table c's come after s's."""
    [table] = layout.tables
    ids, cell, share = [], [], []
    for number, (s, c) in enumerate(rows):
        ids += s + [BUCKETS + each for each in c]
        cell += [number] * (len(s) + len(c))
        share += [1 / math.sqrt(len(part)) for part in (s, c) for _ in part]
    assert table.cells == 1
    uses = deduplicate(tf.constant(ids, tf.int32), tf.constant(cell, tf.int64), tf.constant(share))
    return Inputs((uses,), tf.zeros([len(rows), len(layout.dense)]))


def test_of_m_ids_of_a_column_each_counts_1_by_the_root_of_m() -> None:
    """Beside another column's one, which counts fully: 512 of weight 1 add 16 sqrt(2), 256 add 16."""
    layout = make_layout(declared(wide=True), {}, "wide")
    model = new_model(layout, WIDE)
    model.wide.assign(np.ones(model.wide.shape))
    rows = [(list(range(512)), [7]), (list(range(256)), [7]), ([3, 4], [7]), ([], [])]
    read = inputs(layout, rows)
    [weights] = model.values(read)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        logit = model.logit(model.parts(read, [weights]))[:, 0]
        first = logit[0]
    assert logit.numpy() == pytest.approx([16 * 2**0.5 + 1, 17.0, 2**0.5 + 1, 0.0], rel=1e-5)
    gradient = dict(
        zip(read.uses[0].rows.numpy(), tf.convert_to_tensor(tape.gradient(first, weights)).numpy()[:, 0], strict=True)
    )
    assert [gradient[row] for row in (0, 511, 3, BUCKETS + 7)] == pytest.approx([512**-0.5] * 3 + [1.0])


def test_a_summed_embedding_counts_256_ids_at_most() -> None:
    layout = make_layout(declared(deep={"embedding": 2, "pooling": "sum"}), {}, "deep")
    model = new_model(layout, TrainingOptions.model_validate({"model": "deep", "deep": {"hidden": []}}))
    [embedding], [kernel] = model.embeddings, model.hidden.kernels
    embedding.assign(tf.ones_like(embedding))
    kernel.assign([[1.0], [10.0]])
    assert model(inputs(layout, [(list(range(1024)), []), ([1, 2], [])])).numpy()[:, 0].tolist() == [2816.0, 22.0]


def test_columns_without_sets_are_not_counted(monkeypatch) -> None:
    """A row has one id of each; counting them would cost each step."""
    spec = FeatureSpec.model_validate(declared(wide=False, deep={"embedding": 4}).model_dump())
    layout = make_layout(spec, {}, "wide")
    assert not layout.wide.has_sets
    monkeypatch.delattr(network, "_shared_sum")
    assert new_model(layout, WIDE)(inputs(layout, [([], [])])).shape == [1, 1]


def losses(steps: int) -> list[float]:
    """Mean loss of each step on rows of about 3,000 ids, of which one in ten decides the label."""
    random = np.random.default_rng(4)
    layout = make_layout(declared(wide=True), {}, "wide")
    trainer = JointTrainer(new_model(layout, WIDE), Binary(), WIDE, batch_signature(declared(wide=True), layout))
    taste = random.normal(size=BUCKETS) * (random.random(BUCKETS) < 0.1)
    made = []
    for _ in range(steps):
        sets = [random.choice(BUCKETS, random.integers(2000, 4000), replace=False) for _ in range(32)]
        label = tf.constant([int(taste[ids].sum() > 0) for ids in sets], tf.int64)
        batch = Batch(inputs(layout, [(ids.tolist(), []) for ids in sets]), label, tf.ones([32]))
        loss, weight, _ = trainer.step(batch).numpy()
        made.append(loss / weight)
    return made


def test_rows_of_thousands_of_ids_do_not_diverge(monkeypatch) -> None:
    assert max(losses(12)) < 1.0
    # What it guards against.
    monkeypatch.setattr(math, "sqrt", lambda _: 1.0)
    assert max(losses(12)) > 5.0


@pytest.mark.parametrize("ids", [1.0, 256.0, 257.0, 20_000.0])
def test_a_share_times_the_ids_is_256_at_most(ids: float) -> None:
    assert float(network.full_share(tf.constant(ids))) * ids == pytest.approx(min(ids, 256.0))
