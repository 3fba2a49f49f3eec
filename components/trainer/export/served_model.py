"""The served model: raw features in, scores out, in one graph that needs nothing but TensorFlow."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from widedeep.components import features
from widedeep.components.features.model_files import EXTRA, FEATURES, WIDE
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.export import raw_tensors
from widedeep.components.trainer.export.ranking import Ranking, Raw
from widedeep.components.trainer.export.request_names import give_request_names
from widedeep.components.trainer.export.signatures import Signatures, ranks
from widedeep.components.trainer.model.heads import Head
from widedeep.components.trainer.model.inputs import LABEL_TYPES, Transformed, from_transformed
from widedeep.components.trainer.model.network import WideDeepModel
from widedeep.components.trainer.model.pruned_table import PrunedTable


class ServedModel(tf.Module):
    """Transform graph and model under the signatures that `Signatures` makes."""

    def __init__(
        self, spec: FeatureSpec, transform_output: tft.TFTransformOutput, model: WideDeepModel, head: Head
    ) -> None:
        super().__init__()
        self._spec = spec
        self._head = head
        self._wide = model.wide.numpy() if model.wide is not None else None
        self.model = _served(model, self._wide)
        self._transform = tf.saved_model.load(transform_output.transform_savedmodel_dir)
        self._absent = {spec.label.key: LABEL_TYPES[spec.label.kind]} | (
            {spec.weight: tf.float32} if spec.weight else {}
        )
        self._ranking = Ranking(spec, self.model, self._transform_raw) if ranks(spec) else None

    def outputs(self, raw: Raw, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Raw features [rows, any] to `score` and `logit`, as the label's head makes them."""
        logit = self.model(from_transformed(self.model.layout, self._transform_raw(raw), rows))
        return {"score": self._head.scores(logit), "logit": logit[:, 0] if self._head.outputs == 1 else logit}

    def rank_scores(self, tensors: Mapping[str, tf.Tensor], requests: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        """Scores of `each` candidates for each of the requests, float32 [requests * each]."""
        assert self._ranking is not None
        return self._head.scores(self._ranking.logits(tensors, requests, each))

    def _transform_raw(self, raw: Raw) -> Transformed:
        """What Transform makes of raw features: it wants the label too, which it leaves as it is.

        Args:
            raw: by key; a 64-bit number or a time as float64, or as its two halves.
        """
        for feature in self._spec.features:
            if feature.rest and feature.rest not in raw:
                raw = raw | raw_tensors.halves(feature, raw[feature.key])
        rows = next(iter(raw.values())).dense_shape[0]
        absent = {
            key: tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], dtype), tf.stack([rows, 1]))
            for key, dtype in self._absent.items()
        }
        return _inlined(self._transform.transform_fn, raw | absent)

    def save(self, path: str) -> None:
        """Writes the SavedModel with its signatures, and beside it what it was made of."""
        signatures = Signatures(self._spec, self.outputs, self.rank_scores)
        tf.saved_model.save(self, path, signatures=signatures.all())
        give_request_names(path, signatures.arguments)
        tf.io.gfile.makedirs(os.path.join(path, EXTRA))
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
    columns = {}
    for slot in slots:
        first, last = np.searchsorted(rows, [slot["offset"], slot["offset"] + slot["size"]])
        mine = weights[first:last]
        columns[slot["column"]] = WideColumn(
            rows[first:last] - slot["offset"], mine[:, 0] if mine.shape[1] == 1 else mine
        )
    return columns


def _inlined(function: tf.types.experimental.ConcreteFunction, inputs: Raw) -> Transformed:
    """What a function of another model gives, with its operations in the graph that is being made.

    TensorFlow leaves the function of Transform as a call: what of it is not needed, and what stands there twice, would
    be run.
    """
    given = [*tf.nest.flatten(inputs, expand_composites=True), *function.captured_inputs]
    graph = tf.compat.v1.get_default_graph()
    outputs = tf.graph_util.import_graph_def(
        function.graph.as_graph_def(),
        {ours.name: graph.capture(theirs) for ours, theirs in zip(function.inputs, given, strict=True)},
        [tensor.name for tensor in function.outputs],
        name="transform",
    )
    packed: Transformed = tf.nest.pack_sequence_as(function.structured_outputs, outputs, expand_composites=True)
    return packed


def _served(model: WideDeepModel, wide: np.ndarray | None) -> WideDeepModel:
    """The model with its wide weights alone, of which training keeps what they follow from."""
    if wide is None:
        return model
    table = PrunedTable(wide) if PrunedTable.pays(wide) else tf.Variable(wide, trainable=False, name="wide")
    return WideDeepModel(model.layout, model.bias, table, model.embeddings, model.hidden)


def _write(path: str, text: str) -> None:
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(text)
