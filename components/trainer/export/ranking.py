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
from widedeep.components.trainer.export.crossed_keys import CrossedKeys
from widedeep.components.trainer.export.ranked_columns import RankedColumns
from widedeep.components.trainer.export.ranked_crosses import RankedCrosses
from widedeep.components.trainer.model.inputs import Transformed, cut
from widedeep.components.trainer.model.network import WideDeepModel
from widedeep.components.transform import packed_columns

Raw = dict[str, tf.SparseTensor]
_SIDES = ("context", "candidate")


class Ranking(tf.Module):
    """Logits of candidates under a model of one output and its transform graph."""

    def __init__(self, spec: FeatureSpec, model: WideDeepModel, transform: Callable[[Raw], Transformed]) -> None:
        super().__init__()
        self._spec, self._model, self._transform = spec, model, transform
        features = [column.feature for column in model.layout.id_columns if column.feature]
        self._columns = RankedColumns(model, [feature.side == "context" for feature in features])
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
            self._crossed = CrossedKeys(spec, model.layout)

    def logits(self, tensors: Mapping[str, tf.Tensor], requests: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        """float32 [requests * each, 1].

        Args:
            tensors: raw features, as `raw_tensors.tensor_spec` has them: of the context [requests], of the candidates
                [requests, candidates].
            requests: int64 scalar.
            each: int64 scalar, the candidates of a request.
        """
        whole = {f.key: self._whole(f, tensors[f.key], requests, each) for f in self._spec.features}
        present = {
            f.key: whole[f.key] != "" if f.side == "context" else self._whole(f, tensors[f.key] != "", requests, each)
            for f in self._spec.features
            if not f.is_number
        }
        rows = requests * (each + 1)
        transformed = self._transform(self._own_rows(whole, present, requests, each))
        ids, row = self._ids(transformed.get(packed_columns.IDS))
        wide = self._columns.wide(ids, row, rows)
        by_request = tf.stack([requests, each, 1])
        logit = (self._model.bias + wide[:requests, :1])[:, None] + tf.reshape(wide[requests:, 1:], by_request)
        logit = tf.reshape(logit, [-1, 1])
        if self._crosses:
            rows_of, shares = self._crosses.rows(self._crossed.values(whole, present, ids, requests), requests, each)
            weights = self._model.wide_weights(rows_of)
            logit += tf.reduce_sum(weights * shares, axis=1, keepdims=True)
        if not self._hidden:
            return logit
        dense = [transformed[packed_columns.DENSE]] if self._model.layout.dense else []
        deep = tf.concat([*self._columns.embedded(ids, row, rows), *dense], axis=1)
        deep = tf.ensure_shape(deep, [None, self._model.layout.deep_width])
        return logit + self._hidden(deep[:requests], deep[requests:], each)

    def _ids(self, ids: tf.SparseTensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        """The features' ids, int64 [n], and the row of each, int64 [n]."""
        if ids is None:
            return tf.zeros([0], tf.int64), tf.zeros([0], tf.int64)
        ids = cut(self._model.layout, ids)
        return ids.values, _rows_of(ids.indices)

    def _whole(self, feature: Feature, tensor: tf.Tensor, requests: tf.Tensor, each: tf.Tensor) -> tf.Tensor:
        """The feature's tensor with the leading dimensions that others have."""
        leading = [requests] if feature.side == "context" else [requests, each]
        own = [tf.shape(tensor, tf.int64)[-1]] if feature.kind == "set" else []
        return tf.broadcast_to(tensor, tf.stack([*leading, *own]))

    def _own_rows(
        self,
        whole: Mapping[str, tf.Tensor],
        present: Mapping[str, tf.Tensor],
        requests: tf.Tensor,
        each: tf.Tensor,
    ) -> Raw:
        """Each side's features in rows of its own."""
        rows = requests * (each + 1)
        rows_of = {}
        for side, first, count in (("context", 0, requests), ("candidate", requests, requests * each)):
            numbers = tf.range(first, first + count)
            indices = tf.stack([numbers, tf.zeros_like(numbers)], axis=1)
            for feature in self._spec.features:
                if feature.side != side or feature.key in self._spread:
                    continue
                tensor = whole[feature.key]
                if feature.kind != "set":
                    values = tf.reshape(tensor, [-1])
                    rows_of[feature.key] = tf.SparseTensor(indices, values, tf.stack([rows, 1]))
                    continue
                width = tf.shape(tensor, tf.int64)[-1]
                shape = tf.stack([count, width])
                places = tf.where(tf.reshape(present[feature.key], shape))
                values = tf.gather_nd(tf.reshape(tensor, shape), places)
                rows_of[feature.key] = tf.SparseTensor(
                    places + tf.stack([first, tf.zeros_like(rows)]), values, tf.stack([rows, width])
                )
        for key in self._spread:
            everywhere = tf.concat([whole[key], tf.repeat(whole[key], each)], axis=0)
            rows_of[key] = raw_tensors.to_sparse(self._spec.by_key[key], everywhere, [rows])
        return rows_of


def _rows_of(indices: tf.Tensor) -> tf.Tensor:
    """int64 [n], of a sparse tensor's indices."""
    made = indices.op
    while made.type == "Identity":
        made = made.inputs[0].op
    # Transform makes them of rows and of places, which cost more than all that is read of them here.
    return made.inputs[0] if made.type == "Pack" and made.get_attr("axis") == 1 else indices[:, 0]
