"""Many candidates for one user: the user's side is transformed and looked up once, and spread in the graph.

The transform graph sees each side in rows of its own: first a row for each request, with the context features alone,
then a row for each candidate, with the candidate features alone. What the model reads of a request's row, a part of the
wide logit and of the first layer's product, is then added to each of the request's candidates. Crosses of both sides
can't come from such rows: crosses are hashed here, of the same values in the same way, and TensorFlow leaves those of
the transform graph out of what it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tensorflow as tf

from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.trainer.export import raw_tensors
from widedeep.components.trainer.export.ranked_crosses import RankedCrosses
from widedeep.components.trainer.model.inputs import Transformed, from_transformed
from widedeep.components.trainer.model.network import WideDeepModel
from widedeep.components.transform import packed_columns

Raw = dict[str, tf.SparseTensor]
_SIDES = ("context", "candidate")


class Ranking(tf.Module):
    """Logits of candidates under a model of one output and its transform graph."""

    def __init__(self, spec: FeatureSpec, model: WideDeepModel, transform: Callable[[Raw], Transformed]) -> None:
        super().__init__()
        self._spec, self._model, self._transform = spec, model, transform
        self._number = {column.name: index for index, column in enumerate(model.layout.id_columns)}
        self._of_context = [column.feature.side == "context" for column in model.layout.id_columns if column.feature]
        # Times of the context from which to a candidate's, or from a candidate's to which, seconds are counted: a
        # candidate's row needs both.
        self._spread = {
            time.key
            for key, (feature, _, part) in spec.parts.items()
            if part.since and spec.inputs[key].side == "candidate"
            for time in (feature, spec.by_key[part.since])
            if time.side == "context"
        }
        # Of the deep part's input, by side: what a row says of the other side, as that a number is missing, isn't read.
        sides = [feature.side for feature in model.layout.deep_features(spec)]
        columns = [[number for number, of in enumerate(sides) if of == side] for side in _SIDES]
        self._hidden = model.hidden.split(columns) if model.hidden else None
        self._crosses = None
        if model.layout.has_crosses:
            assert model.layout.wide is not None
            offsets = {slot.column: slot.offset for slot in model.layout.wide.slots}
            sets = {feature.key for feature in spec.features if feature.kind == "set"}
            self._crosses = RankedCrosses(spec.crosses, offsets, sets)

    def logits(self, tensors: Mapping[str, tf.Tensor], requests: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        """float32 [requests * each, 1].

        Args:
            tensors: raw features, as `raw_tensors.tensor_spec` has them: of the context [requests], of the candidates
                [requests, candidates].
            requests: int64 scalar.
            each: int64 scalar, the candidates of a request.
        """
        whole = {f.key: self._whole(f, tensors[f.key], requests, each) for f in self._spec.features}
        rows = requests * (each + 1)
        transformed = self._transform(self._own_rows(whole, requests, each))
        ids = transformed.get(packed_columns.IDS)
        own = {**transformed, packed_columns.IDS: _no_ids(rows) if ids is None else self._own_ids(ids, requests)}
        own.pop(packed_columns.CROSSES, None)
        inputs = from_transformed(self._model.layout, own, rows)
        parts = self._model.parts(inputs, self._model.values(inputs))
        by_request = tf.stack([requests, each, 1])
        logit = (self._model.bias + parts.wide[:requests])[:, None] + tf.reshape(parts.wide[requests:], by_request)
        if self._crosses:
            rows_of, shares = self._crosses.rows(
                self._crossed(whole, own[packed_columns.IDS], requests), requests, each
            )
            weights = self._model.wide_rows(tf.reshape(tf.maximum(rows_of, 0), [-1]))
            logit += tf.reduce_sum(tf.reshape(weights, tf.shape(shares)) * shares, axis=-1, keepdims=True)
        logit = tf.reshape(logit, [-1, 1])
        return logit + self._hidden(parts.deep[:requests], parts.deep[requests:], each) if self._hidden else logit

    def _whole(self, feature: Feature, tensor: tf.Tensor, requests: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        """The feature's tensor with the leading dimensions that others have."""
        leading = [requests] if feature.side == "context" else [requests, each]
        own = [tf.shape(tensor, tf.int64)[-1]] if feature.kind == "set" else []
        return tf.broadcast_to(tensor, tf.stack([*leading, *own]))

    def _own_rows(self, whole: Mapping[str, tf.Tensor], requests: tf.Tensor, each: tf.Tensor) -> Raw:
        """Each side's features in rows of its own."""
        rows = requests * (each + 1)
        rows_of = {}
        for side, first, count in (("context", 0, requests), ("candidate", requests, requests * each)):
            zero = tf.zeros([count], tf.int64)
            indices = tf.stack([tf.range(first, first + count), zero], axis=1)
            for feature in self._spec.features:
                if feature.side != side or feature.key in self._spread:
                    continue
                tensor = whole[feature.key]
                if feature.kind != "set":
                    values = tf.reshape(tensor, [-1])
                    rows_of[feature.key] = tf.SparseTensor(indices, values, tf.stack([rows, 1]))
                    continue
                width = tf.shape(tensor, tf.int64)[-1]
                members = tf.reshape(tensor, tf.stack([count, width]))
                places = tf.where(members != "")
                values = tf.gather_nd(members, places)
                rows_of[feature.key] = tf.SparseTensor(
                    places + tf.stack([first, tf.zeros_like(rows)]), values, tf.stack([rows, width])
                )
        for key in self._spread:
            everywhere = tf.concat([whole[key], tf.repeat(whole[key], each)], axis=0)
            rows_of[key] = raw_tensors.to_sparse(self._spec.by_key[key], everywhere, [rows])
        return rows_of

    def _own_ids(self, ids: tf.SparseTensor, requests: tf.Tensor) -> tf.SparseTensor:
        """Without what a row says of the other side, as that a number is missing."""
        column = tf.bitwise.right_shift(ids.values, packed_columns.ID_BITS)
        own = tf.where(tf.gather(tf.constant(self._of_context), column) == (ids.indices[:, 0] < requests))[:, 0]
        return tf.SparseTensor(tf.gather(ids.indices, own), tf.gather(ids.values, own), ids.dense_shape)

    def _crossed(
        self, tensors: Mapping[str, tf.Tensor], own_ids: tf.SparseTensor, requests: tf.Tensor
    ) -> list[dict[str, tf.Tensor]]:
        """What Transform crosses, by side and key: string [requests, 1 or candidates, any]."""
        keys = sorted({key for cross in self._spec.crosses for key in cross.keys})
        inputs = [self._spec.inputs[key] for key in keys]
        return [
            {f.key: self._crossable(f, tensors.get(f.key), own_ids, requests) for f in inputs if f.side == side}
            for side in _SIDES
        ]

    def _crossable(
        self, feature: Feature, tensor: tf.Tensor | None, own_ids: tf.SparseTensor, requests: tf.Tensor
    ) -> tf.Tensor:
        if feature.kind == "numeric":
            number, missing = self._number[packed_columns.ids(feature)], packed_columns.bucket_count(feature)
            # Each row has one, if only that of missing values.
            first = number << packed_columns.ID_BITS
            where = tf.where(tf.bitwise.right_shift(own_ids.values, packed_columns.ID_BITS) == number)
            bucket = tf.gather_nd(own_ids.values, where) - first
            strings = tf.where(bucket < missing, tf.strings.as_string(bucket), "")
            return tf.reshape(strings, tf.stack([requests, -1, 1]))
        assert tensor is not None
        if feature.kind != "set":
            tensor = tensor[..., None]
        return tensor[:, None] if feature.side == "context" else tensor


def _no_ids(rows: tf.Tensor) -> tf.SparseTensor:
    """No ids at all."""
    return tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], tf.int64), tf.stack([rows, tf.zeros_like(rows)]))
