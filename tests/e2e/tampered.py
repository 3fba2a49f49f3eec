"""What may become of an exported model between the training and the server: each function spoils one in its folder."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel


def cut_short(model: Path) -> None:
    """The weights end after 1,000 bytes."""
    data = model / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:1000])


def nan_biases(model: Path) -> None:
    """Every bias is NaN, and with it every score."""
    path = str(model / "variables" / "variables")
    stored = tf.train.load_checkpoint(path)
    names, values = [], []
    for name in stored.get_variable_to_shape_map():
        value = stored.get_tensor(name)
        names.append(name)
        values.append(np.full_like(value, np.nan) if "bias" in name and value.dtype == np.float32 else value)
    tf.raw_ops.SaveV2(prefix=path, tensor_names=names, shape_and_slices=[""] * len(names), tensors=values)


def shuffled_vocabularies(model: Path) -> None:
    """Every id means another string than in training."""
    for file in (model / "assets").iterdir():
        lines = file.read_bytes().splitlines(keepends=True)
        random.Random(1).shuffle(lines)
        file.write_bytes(b"".join(lines))


def late_scores(model: Path, seconds: float) -> None:
    """`rank` answers so much later: its score has a zero added to it that takes its time, on any machine."""
    path = model / "saved_model.pb"
    saved = SavedModel.FromString(path.read_bytes())
    [meta] = saved.meta_graphs
    score = meta.signature_def["rank"].outputs["score"]
    batched = {"output_types": [tf.int64], "output_shapes": [[]]}
    with tf.Graph().as_default() as graph, tf.name_scope("late"):
        given = tf.compat.v1.placeholder(tf.float32, name="given")
        # It sleeps before its one element, and before it says that there is no other.
        start, stop, pause = (tf.constant(number, tf.int64) for number in (0, 1, round(1e6 * seconds / 2)))
        zeros = tf.raw_ops.RangeDataset(start=start, stop=stop, step=stop, **batched)
        slow = tf.raw_ops.SleepDataset(input_dataset=zeros, sleep_microseconds=pause, **batched)
        [zero] = tf.raw_ops.DatasetToSingleElement(dataset=slow, **batched)
        late = tf.add(given, tf.cast(zero, tf.float32))
    for node in graph.as_graph_def().node:
        if node.name != given.op.name:
            node.input[:] = [score.name if name == given.op.name else name for name in node.input]
            meta.graph_def.node.append(node)
    score.name = late.name
    path.write_bytes(saved.SerializeToString())
