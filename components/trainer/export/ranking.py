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
from widedeep.components.trainer.model.inputs import Transformed, from_transformed
from widedeep.components.trainer.model.network import WideDeepModel, full_share
from widedeep.components.transform import packed_columns
from widedeep.components.transform.crosses import Values, cross_of_fingerprints, fingerprints

Raw = dict[str, tf.SparseTensor]


class Ranking:
    """Logits of candidates under a model and its transform graph."""

    def __init__(self, spec: FeatureSpec, model: WideDeepModel, transform: Callable[[Raw], Transformed]) -> None:
        self._spec, self._model, self._transform = spec, model, transform
        self._number = {column.name: index for index, column in enumerate(model.layout.id_columns)}
        # Times of the context from which to a candidate's, or from a candidate's to which, seconds are counted: a
        # candidate's row needs both.
        self._spread = {
            time.key
            for key, (one, _, part) in spec.parts.items()
            if part.since and spec.inputs[key].side == "candidate"
            for time in (one, spec.by_key[part.since])
            if time.side == "context"
        }
        # Of the deep part's input, by side: what a row says of the other side, as that a number is missing, isn't read.
        sides = [feature.side for feature in model.layout.deep_features(spec)]
        self._columns = [[column for column, of in enumerate(sides) if of == side] for side in ("context", "candidate")]

    def logits(self, tensors: Mapping[str, tf.Tensor], requests: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        """float32 [requests * each, outputs].

        Args:
            tensors: raw features, as `raw_tensors.tensor_spec` has them: of the context [requests], of the candidates
                [requests, candidates].
            requests: int64 scalar.
            each: int64 scalar, the candidates of a request.
        """
        rows = requests * (each + 1)
        transformed = self._transform(
            {f.key: self._own_rows(f, tensors[f.key], requests, each) for f in self._spec.features}
        )
        ids = transformed.get(packed_columns.IDS)
        own = {**transformed, packed_columns.IDS: _no_ids(rows) if ids is None else self._own_ids(ids, requests)}
        own.pop(packed_columns.CROSSES, None)
        inputs = from_transformed(self._model.layout, own, rows)
        parts = self._model.parts(inputs, self._model.values(inputs))
        logit = self._model.bias + tf.repeat(parts.wide[:requests], each, axis=0) + parts.wide[requests:]
        if self._model.layout.has_crosses:
            logit += self._crosses(tensors, ids, requests, each)
        return logit + self._deep(parts.deep, requests, each) if self._model.hidden else logit

    def _deep(self, own: tf.Tensor, requests: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        """The deep logit, float32 [requests * each, outputs]; the first product is linear in the sides' own columns."""
        hidden = self._model.hidden
        assert hidden is not None
        of_context, of_candidates = (
            hidden.first_product(rows, columns)
            for rows, columns in zip((own[:requests], own[requests:]), self._columns, strict=True)
        )
        return hidden.from_first_product(tf.repeat(of_context, each, axis=0) + of_candidates)

    def _own_rows(self, feature: Feature, tensor: tf.Tensor, requests: tf.Tensor, each: tf.Tensor) -> tf.SparseTensor:
        if feature.key in self._spread:
            of_requests = tf.broadcast_to(tensor, tf.stack([requests]))
            everywhere = tf.concat([of_requests, tf.repeat(of_requests, each)], axis=0)
            return raw_tensors.to_sparse(feature, everywhere, [requests * (each + 1)])
        if feature.side == "context":
            sparse, first = raw_tensors.to_sparse(feature, tensor, [requests]), tf.constant(0, tf.int64)
        else:
            sparse, first = raw_tensors.to_sparse(feature, tensor, [requests, each]), requests
        indices = sparse.indices + tf.stack([first, tf.constant(0, tf.int64)])
        return tf.SparseTensor(indices, sparse.values, tf.stack([requests * (each + 1), sparse.dense_shape[1]]))

    def _own_ids(self, ids: tf.SparseTensor, requests: tf.Tensor) -> tf.SparseTensor:
        """Without what a row says of the other side, as that a number is missing."""
        of_context = [column.feature.side == "context" for column in self._model.layout.id_columns if column.feature]
        column = tf.bitwise.right_shift(ids.values, packed_columns.ID_BITS)
        return tf.sparse.retain(ids, tf.gather(of_context, column) == (ids.indices[:, 0] < requests))

    def _crosses(
        self, tensors: Mapping[str, tf.Tensor], ids: tf.SparseTensor, requests: tf.Tensor, each: tf.Tensor
    ) -> tf.Tensor:
        """What the crosses add to the wide logit, float32 [requests * each, outputs]."""
        assert self._model.layout.wide is not None
        offsets = {slot.column: slot.offset for slot in self._model.layout.wide.slots}
        keys = sorted({key for cross in self._spec.crosses for key in cross.keys})
        values = {key: self._crossable(self._spec.inputs[key], tensors.get(key), ids, requests) for key in keys}
        uses = []
        for cross in self._spec.crosses:
            crossed, present = cross_of_fingerprints([values[key] for key in cross.keys], cross.size)
            share = full_share(tf.reduce_sum(tf.cast(present, tf.float32), axis=-1, keepdims=True))
            uses.append((crossed + offsets[cross.name], tf.where(present, share, 0.0)))
        rows, shares = (
            tf.concat(
                [tf.broadcast_to(part, tf.stack([requests, each, tf.shape(part, tf.int64)[-1]])) for part in parts], -1
            )
            for parts in zip(*uses, strict=True)
        )
        weights = self._model.wide_rows(tf.cast(tf.reshape(tf.where(shares > 0, rows, 0), [-1]), tf.int32))
        shape = tf.stack([requests * each, tf.shape(rows, tf.int64)[-1], tf.shape(weights, tf.int64)[-1]])
        return tf.reduce_sum(tf.reshape(weights, shape) * tf.reshape(shares, shape[:2])[..., None], axis=1)

    def _crossable(
        self, feature: Feature, tensor: tf.Tensor | None, ids: tf.SparseTensor, requests: tf.Tensor
    ) -> Values:
        """Fingerprints of what Transform crosses, [requests, 1 or candidates, any]."""
        if feature.kind == "numeric":
            number, missing = self._number[packed_columns.ids(feature)], packed_columns.bucket_count(feature)
            # Each row has one, if only that of missing values.
            own_ids = tf.boolean_mask(ids.values, tf.bitwise.right_shift(ids.values, packed_columns.ID_BITS) == number)
            bucket = (own_ids[:requests] if feature.side == "context" else own_ids[requests:]) - (
                number << packed_columns.ID_BITS
            )
            bucket = tf.reshape(bucket, tf.stack([requests, -1, 1]))
            return Values(fingerprints(tf.strings.as_string(bucket)), bucket < missing)
        assert tensor is not None
        if feature.kind != "set":
            tensor = tensor[..., None]
        if feature.side == "context":
            tensor = tensor[:, None]
        return Values(fingerprints(tensor), tensor != "")


def _no_ids(rows: tf.Tensor) -> tf.SparseTensor:
    """No ids at all."""
    return tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], tf.int64), tf.stack([rows, tf.zeros_like(rows)]))
