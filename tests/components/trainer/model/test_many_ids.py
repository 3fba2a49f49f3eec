"""Rows with many ids of one column: what they add, and that training on them does not diverge."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.heads import Binary
from widedeep.components.trainer.model.inputs import Batch, Inputs, batch_signature, deduplicate, served_share, share
from widedeep.components.trainer.model.layout import Layout, Pooling, make_layout
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
    ids, cell, of_column = [], [], []
    for number, (s, c) in enumerate(rows):
        ids += s + [BUCKETS + each for each in c]
        cell += [number] * (len(s) + len(c))
        of_column += [len(part) for part in (s, c) for _ in part]
    assert table.cells == 1
    shares = share(table.pooling, tf.constant(of_column, tf.int32))
    uses = deduplicate(tf.constant(ids, tf.int32), tf.constant(cell, tf.int64), shares)
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


def test_a_server_counts_no_columns_without_sets_and_no_means() -> None:
    """A row has one id of each, or equal parts of a mean; counting them would cost each request."""
    of_column = tf.constant([4, 4, 4, 4])
    [without] = make_layout(declared(deep={"embedding": 2}), {}, "wide").tables
    [mean] = make_layout(declared(deep={"embedding": 2}), {}, "deep").tables
    [summed] = make_layout(declared(deep={"embedding": 2, "pooling": "sum"}), {}, "deep").tables
    [wide] = make_layout(declared(wide=True), {}, "wide").tables
    assert served_share(without, of_column) is served_share(mean, of_column) is None
    assert served_share(summed, of_column).numpy().tolist() == [1.0] * 4
    assert served_share(wide, of_column).numpy().tolist() == [0.5] * 4


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
    monkeypatch.setattr(sys.modules[__name__], "share", lambda _, of_column: tf.ones_like(of_column, tf.float32))
    assert max(losses(12)) > 5.0


@pytest.mark.parametrize(
    ("pooling", "ids", "together"),
    [("sum", 1, 1), ("sum", 256, 256), ("sum", 257, 256), ("sum", 20_000, 256)]
    + [(pooling, ids, sum_) for ids in (1, 9, 20_000) for pooling, sum_ in (("mean", 1), ("root", ids**0.5))],
)
def test_what_the_ids_of_a_column_count_together(pooling: Pooling, ids: int, together: float) -> None:
    assert share(pooling, tf.constant(ids)).numpy() * ids == pytest.approx(together)
