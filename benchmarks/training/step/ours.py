"""One joint step of our model for benchmarks/training/step_cost.py: ids in, tables and slots updated.

python -m benchmarks.training.step.ours OUT.json BUCKETS...
"""

from __future__ import annotations

import json

import tensorflow as tf

from benchmarks.training.step.timing import EMBEDDING, HIDDEN, ITEMS, WIDE_IDS, Step, measure
from widedeep.components import features
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.model.inputs import Batch, Inputs, batch_signature, deduplicate
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.model.network import new_model
from widedeep.components.trainer.training.joint_step import JointTrainer
from widedeep.components.trainer.training_options import DeepOptions, TrainingOptions


def make(buckets: int) -> Step:
    """What the Trainer does with a batch: its ids made different, then its own step."""
    declared = {"kind": "categorical", "side": "context"}
    wide = declared | {"key": "pair", "transform": {"hash": {"buckets": buckets}}, "wide": True}
    deep = declared | {"key": "item", "transform": {"hash": {"buckets": ITEMS}}, "deep": {"embedding": EMBEDDING}}
    spec = features.from_json(json.dumps({"label": {"key": "label"}, "features": [wide, deep]}))
    options = TrainingOptions(deep=DeepOptions(hidden=HIDDEN))
    layout = make_layout(spec, {}, "wide_deep")
    trainer = JointTrainer(new_model(layout, options), head(spec.label), options, batch_signature(spec, layout))
    return lambda *batch: trainer.step(_batch(*map(tf.constant, batch))).numpy()


@tf.function(
    input_signature=[
        tf.TensorSpec([None, WIDE_IDS], tf.int64),
        tf.TensorSpec([None], tf.int64),
        tf.TensorSpec([None], tf.float32),
    ]
)
def _batch(pairs: tf.Tensor, item: tf.Tensor, label: tf.Tensor) -> Batch:
    examples = tf.range(tf.size(item, out_type=tf.int64))
    uses = (
        deduplicate(
            tf.cast(tf.reshape(pairs, [-1]), tf.int32), tf.repeat(examples, WIDE_IDS), tf.ones([tf.size(pairs)])
        ),
        deduplicate(tf.cast(item, tf.int32), examples, tf.ones([tf.size(item)])),
    )
    inputs = Inputs(uses, tf.zeros([tf.size(item), 0]))
    return Batch(inputs, tf.cast(label, tf.int64), tf.ones_like(label))


if __name__ == "__main__":
    measure(make)
