"""Batch predictions: what the trained model says of raw rows by the way that training and ablation take."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.training import state
from widedeep.components.trainer.training.evaluation import predict


def batch_scores(trained: str, transform_graph: str, rows: Sequence[bytes]) -> np.ndarray:
    """float32 [n] ([n, classes] of a multi-class label).

    The rows go through Transform's graph into a file of transformed examples, and from there to the weights as the
    Trainer kept them, so that whatever the export changed shows.

    Args:
        trained: the Trainer's state, "Format-Training".
        transform_graph: Transform's output.
        rows: serialized raw tf.Examples, with their labels.
    """
    training = state.load(trained)
    output = tft.TFTransformOutput(transform_graph)
    # A dry run asks for the same rows by each signature.
    places = {row: place for place, row in enumerate(dict.fromkeys(rows))}
    parsed = tf.io.parse_example(tf.constant(list(places)), output.raw_feature_spec())
    transformed = output.transform_features_layer()(parsed)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.gz")
        with tf.io.TFRecordWriter(path, "GZIP") as writer:
            for index in range(len(places)):
                writer.write(_example(transformed, index))
        source = SplitExamples([path], training.spec, training.layout)
        logits = np.concatenate([logit for logit, _, _ in predict(training.trainer, source)])
    scores = np.asarray(head(training.spec.label).scores(tf.constant(logits)))
    return scores[[places[row] for row in rows]]


def _example(transformed: dict[str, tf.Tensor | tf.SparseTensor], index: int) -> bytes:
    built = tf.train.Example()
    for key, column in transformed.items():
        if isinstance(column, tf.SparseTensor):
            values = column.values.numpy()[column.indices.numpy()[:, 0] == index]
        else:
            values = column[index].numpy().reshape(-1)
        if values.size and values.dtype.kind == "f":
            built.features.feature[key].float_list.value.extend(values.tolist())
        elif values.size:
            built.features.feature[key].int64_list.value.extend(values.tolist())
    return bytes(built.SerializeToString())
