"""Our model on rows of Criteo's shape: the Trainer's own step on batches that it gathers from a block of examples.

python -m benchmarks.training.criteo.ours OUT.json [bfloat16]
"""

from __future__ import annotations

import json
import sys

import numpy as np
import tensorflow as tf

from benchmarks.training.criteo.passes import measure
from benchmarks.training.criteo.rows import BATCH, BUCKETS, HIDDEN, NUMBERS, WIDTHS, Rows
from widedeep.components import features
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.inputs import ids_of
from widedeep.components.trainer.reading.blocks import Block
from widedeep.components.trainer.reading.uses import Kind, TableUses, pack
from widedeep.components.trainer.training.state import Training, new_training
from widedeep.components.trainer.training_options import DeepOptions, TrainingOptions
from widedeep.components.transform import packed_columns

# As the Trainer does.
_STEPS_A_CALL, _ROWS_A_PART = 50, 4096


def main() -> None:
    """Trains in a new order of the rows."""
    training = make(*sys.argv[2:])
    random = np.random.default_rng(training.options.seed)

    def fit(rows: Rows) -> float:
        examples = len(rows.label)
        batches = iter(block_of(rows, training).batches(BATCH, random.permutation(examples)))
        steps, loss = examples // BATCH, 0.0
        for done in range(0, steps, _STEPS_A_CALL):
            count = tf.constant(min(_STEPS_A_CALL, steps - done), tf.int64)
            loss += float(training.trainer.run(batches, count)[0])
        return loss / examples

    measure(fit, tf.__version__)


def make(precision: str = "float32") -> Training:
    """Untrained, with the Trainer's defaults, but for the layers, the batches, and, if wanted, the precision."""
    deep = DeepOptions.model_validate({"hidden": HIDDEN, "precision": precision})
    return new_training(_declared(), TrainingOptions(batch_size=BATCH, deep=deep), {})


def _declared() -> FeatureSpec:
    ids = [
        {"key": f"c{number}", "kind": "categorical", "transform": {"hash": {"buckets": BUCKETS}}, "wide": True}
        | {"side": "context", "deep": {"embedding": width}}
        for number, width in enumerate(WIDTHS, start=1)
    ]
    numbers = [
        {"key": f"i{number}", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}}
        for number in range(1, NUMBERS + 1)
    ]
    return features.from_json(json.dumps({"label": {"key": "label"}, "features": [*numbers, *ids]}))


def block_of(rows: Rows, training: Training) -> Block:
    """What the Trainer makes of transformed examples when it reads them, part by part as well."""
    examples = len(rows.label)
    parts = [_packed(rows.ids[start : start + _ROWS_A_PART], training) for start in range(0, examples, _ROWS_A_PART)]
    tables = []
    for table, of_parts in zip(training.layout.tables, zip(*parts, strict=True), strict=True):
        values = tf.constant(np.concatenate(of_parts))
        splits = tf.range(examples + 1, dtype=tf.int64) * len(table.slots)
        tables.append(TableUses(values, splits))
    # Beside each number stands whether it is missing.
    dense = np.stack([rows.numbers, np.zeros_like(rows.numbers)], axis=2).reshape([examples, -1])
    return Block(
        tuple(map(Kind.of, training.layout.tables)),
        tuple(tables),
        tf.constant(dense),
        tf.constant(rows.label, tf.int64),
        tf.ones([examples]),
    )


def _packed(ids: np.ndarray, training: Training) -> list[np.ndarray]:
    """The values of the uses of each table; every row has one id of each column."""
    packed = np.left_shift(np.arange(ids.shape[1]), packed_columns.ID_BITS) + ids
    cells = np.argwhere(np.ones_like(packed))
    transformed = {packed_columns.IDS: tf.SparseTensor(cells, packed.ravel(), packed.shape)}
    count = tf.constant(len(ids), tf.int64)
    layout = training.layout
    return [
        pack(of_table, table, count).values.numpy()
        for table, of_table in zip(layout.tables, ids_of(layout, transformed), strict=True)
    ]


if __name__ == "__main__":
    main()
