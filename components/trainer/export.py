"""The served model: raw features in, scores out, in one graph that needs nothing but TensorFlow."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from components import features
from components.features.spec import FeatureSpec
from components.trainer.heads import Head
from components.trainer.inputs import LABEL_TYPES, from_transformed
from components.trainer.model import WideDeepModel
from components.trainer.pruned import PrunedTable

# TF Serving leaves this folder of a model alone.
_EXTRA = "assets.extra"
FEATURES = os.path.join(_EXTRA, "features.json")
WIDE = os.path.join(_EXTRA, "wide.json")
_TENSOR_TYPES = {"categorical": tf.string, "set": tf.string, "numeric": tf.float32}


class ServedModel(tf.Module):
    """Transform graph and model under the signature `serving_default`."""

    def __init__(
        self, spec: FeatureSpec, transform_output: tft.TFTransformOutput, model: WideDeepModel, head: Head
    ) -> None:
        super().__init__()
        self._spec = spec
        self._head = head
        self._wide = model.wide.numpy() if model.wide is not None else None
        self.model = _pruned(model, self._wide)
        self._transform = tf.saved_model.load(transform_output.transform_savedmodel_dir)
        self._raw = {feature.key: _TENSOR_TYPES[feature.kind] for feature in spec.features}
        self._absent = {spec.label.key: LABEL_TYPES[spec.label.kind]} | (
            {spec.weight: tf.float32} if spec.weight else {}
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Serialized raw tf.Examples [n] to `score` and `logit`, as the label's head makes them.

        Any feature may be missing.
        """
        parsing = {key: tf.io.VarLenFeature(dtype) for key, dtype in self._raw.items()}
        raw = tf.io.parse_example(examples, parsing)
        return self._scores(raw, tf.size(examples, out_type=tf.int64))

    def _scores(self, raw: dict[str, tf.SparseTensor], rows: tf.Tensor) -> dict[str, tf.Tensor]:
        for key, dtype in self._absent.items():
            indices, values = tf.zeros([0, 2], tf.int64), tf.zeros([0], dtype)
            raw[key] = tf.SparseTensor(indices, values, tf.stack([rows, tf.constant(1, tf.int64)]))
        inputs = from_transformed(self.model.layout, self._transform.transform_fn(raw), rows)
        logit = self.model(inputs)
        return {"score": self._head.scores(logit), "logit": logit[:, 0] if self._head.outputs == 1 else logit}

    def save(self, path: str) -> None:
        """Writes the SavedModel with its signatures, and beside it what it was made of."""
        tf.saved_model.save(self, path, signatures={"serving_default": self.serve})
        tf.io.gfile.makedirs(os.path.join(path, _EXTRA))
        _write(os.path.join(path, FEATURES), features.to_json(self._spec))
        _write(os.path.join(path, WIDE), json.dumps(self._wide_facts()))

    def _wide_facts(self) -> dict[str, object]:
        table = self.model.layout.wide
        if table is None or self._wide is None:
            return {"columns": [], "rows": 0, "nonzero": 0}
        return {
            "columns": [{"column": slot.column, "offset": slot.offset, "size": slot.size} for slot in table.slots],
            "rows": table.rows,
            "nonzero": int(np.count_nonzero(np.any(self._wide != 0, axis=1))),
        }


@dataclass(frozen=True)
class WideColumn:
    """The non-zero weights of an id column: ids int64 [k], rising, and weights float32 [k] ([k, classes])."""

    ids: np.ndarray
    weights: np.ndarray


def wide_weights(model: str) -> dict[str, WideColumn]:
    """The non-zero wide weights of an exported model by id column, {} where it has no wide part."""
    with tf.io.gfile.GFile(os.path.join(model, WIDE)) as file:
        slots = json.load(file)["columns"]
    if not slots:
        return {}
    stored = tf.train.load_checkpoint(os.path.join(model, "variables", "variables"))
    suffix = ".ATTRIBUTES/VARIABLE_VALUE"
    if stored.has_tensor(f"model/wide/bits/{suffix}"):
        bits, weights = (stored.get_tensor(f"model/wide/{part}/{suffix}") for part in ("bits", "weights"))
        rows = np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little"))
        weights = weights[:-1]
    else:
        whole = stored.get_tensor(f"model/wide/{suffix}")
        rows = np.flatnonzero(np.any(whole != 0, axis=1))
        weights = whole[rows]
    found = {}
    for slot in slots:
        first, last = np.searchsorted(rows, [slot["offset"], slot["offset"] + slot["size"]])
        mine = weights[first:last]
        found[slot["column"]] = WideColumn(
            rows[first:last] - slot["offset"], mine[:, 0] if mine.shape[1] == 1 else mine
        )
    return found


def _pruned(model: WideDeepModel, wide: np.ndarray | None) -> WideDeepModel:
    if wide is None or not PrunedTable.pays(wide):
        return model
    return WideDeepModel(model.layout, model.bias, PrunedTable(wide), model.embeddings, model.hidden)


def _write(path: str, text: str) -> None:
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(text)
