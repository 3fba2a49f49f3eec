"""The signatures of a served model, all from the feature declaration. A missing feature is accepted in each.

serving_default: serialized tf.Examples, `examples` [n], to `score` and `logit`, [n] or [n, classes].
predict_raw: a tensor a feature, as components/trainer/export/raw_tensors.py has them, to the same.
rank: a tensor a feature, of the context [requests], of the candidates [requests, candidates], and `top_k` [requests],
to `score` [requests, candidates] and `order` [requests, k], the candidates' numbers, best first.
classify: serialized tf.Examples, `inputs` [n], to `classes` and `scores`, [n, classes].
regress: serialized tf.Examples, `inputs` [n], to `outputs` [n].

The first dimension of rank counts requests, so that a server can put the requests of several clients into one batch.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from widedeep.components.features.spec import TOP_K, FeatureSpec, Label
from widedeep.components.trainer.export import raw_tensors
from widedeep.components.trainer.export.ranking import Raw

DEFAULT, RAW, RANK, CLASSIFY, REGRESS = "serving_default", "predict_raw", "rank", "classify", "regress"
Outputs = dict[str, tf.Tensor]


class Signatures:
    """Makes the functions to save with a model.

    Args:
        spec: the declaration.
        outputs: from raw features [n, any] and n to `score` and `logit`.
        ranked: from features by name, requests, and candidates of each, to scores [requests * candidates].
    """

    def __init__(
        self,
        spec: FeatureSpec,
        outputs: Callable[[Raw, tf.Tensor], Outputs],
        ranked: Callable[[Outputs, tf.Tensor, tf.Tensor], tf.Tensor],
    ) -> None:
        self._spec, self._outputs, self._ranked = spec, outputs, ranked

    def all(self) -> dict[str, Any]:
        """Every signature that the label allows, by name."""
        found = {DEFAULT: self._serving_default(), RAW: self._predict_raw()}
        label = self._spec.label
        if label.kind != "regression":
            found[CLASSIFY] = self._classify(label)
        if label.kind != "multiclass":
            found[REGRESS] = self._regress()
            # Candidates are in order of one score.
            if any(feature.side == "candidate" for feature in self._spec.features):
                found[RANK] = self._rank()
        return found

    def _of_examples(self, examples: tf.Tensor) -> Outputs:
        parsing = {feature.key: tf.io.VarLenFeature(raw_tensors.TYPES[feature.kind]) for feature in self._spec.features}
        return self._outputs(tf.io.parse_example(examples, parsing), tf.size(examples, out_type=tf.int64))

    def _serving_default(self) -> Any:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")], autograph=False)
        def serving_default(examples: tf.Tensor) -> Outputs:
            return self._of_examples(examples)

        return serving_default

    def _predict_raw(self) -> Any:
        features = self._spec.features
        leading = dict.fromkeys(self._spec.by_key, 1)

        @self._named(leading)
        def predict_raw(required: Outputs, optional: Outputs) -> Outputs:
            given = required | optional
            rows = raw_tensors.sizes(list(given.values()), 0)
            return self._outputs({f.key: raw_tensors.to_sparse(f, given[f.key], [rows]) for f in features}, rows)

        return predict_raw

    def _rank(self) -> Any:
        leading = {feature.key: 1 if feature.side == "context" else 2 for feature in self._spec.features}
        candidates = [feature for feature in self._spec.features if feature.side == "candidate"]

        @self._named(leading, {TOP_K: (tf.TensorSpec([None], tf.int32, name=TOP_K), tf.constant([0]))})
        def rank(required: Outputs, optional: Outputs) -> Outputs:
            given = required | optional
            requests = raw_tensors.sizes(list(given.values()), 0)
            each = raw_tensors.sizes([given[feature.key] for feature in candidates], 1)
            score = tf.reshape(self._ranked(given, requests, each), tf.stack([requests, each]))
            # Padding, which a server adds to requests of other sizes in the batch, comes last.
            real = [raw_tensors.present(feature, given[feature.key]) for feature in candidates]
            known = tf.broadcast_to(functools.reduce(tf.logical_or, real), tf.shape(score))
            order = tf.argsort(tf.where(known, score, float("-inf")), direction="DESCENDING", stable=True)
            first = tf.reduce_max(given[TOP_K])
            return {"score": score, "order": tf.cond(first > 0, lambda: order[:, :first], lambda: order)}

        return rank

    def _classify(self, label: Label) -> Any:
        names = [str(number) for number in range(label.classes or 2)]

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")], autograph=False)
        def classify(inputs: tf.Tensor) -> Outputs:
            score = self._of_examples(inputs)["score"]
            scores = score if label.kind == "multiclass" else tf.stack([1 - score, score], axis=1)
            return {"classes": tf.repeat(tf.constant([names]), tf.size(inputs), axis=0), "scores": scores}

        return classify

    def _regress(self) -> Any:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")], autograph=False)
        def regress(inputs: tf.Tensor) -> Outputs:
            return {"outputs": self._of_examples(inputs)["score"]}

        return regress

    def _named(self, leading: dict[str, int], more: dict[str, Any] | None = None) -> Callable[[Any], Any]:
        """Makes a function of `required` and `optional` tensors by name a signature with one input a feature.

        The values of optional ones go into the signature as what holds where a request does not name them.
        """
        by_key = self._spec.by_key
        must = {
            key: raw_tensors.tensor_spec(by_key[key], number) for key, number in leading.items() if by_key[key].required
        }
        may = {key: raw_tensors.tensor_spec(by_key[key], number) for key, number in leading.items() if key not in must}
        values = {key: raw_tensors.missing(by_key[key], leading[key]) for key in may}
        for key, (spec, value) in (more or {}).items():
            may[key], values[key] = spec, value

        def decorated(function: Callable[[Outputs, Outputs], Outputs]) -> Any:
            def signature(required: Outputs, optional: Outputs = values) -> Outputs:
                return function(required, optional)

            return tf.function(signature, input_signature=[must, may], autograph=False)

        return decorated
