"""The signatures of a served model, all from the feature declaration. A missing feature is accepted in each.

serving_default: serialized tf.Examples, `examples` [n], to `score` and `logit`, [n] or [n, classes].
predict_raw: a tensor a feature, strings or numbers [n], sets [n, any], in which "" and NaN mean missing, to the same.
rank: a tensor a feature, of the context [requests], of the candidates [requests, candidates], and `top_k` [requests],
to `score` [requests, candidates] and `order` [requests, k], the candidates' numbers, best first.
classify: serialized tf.Examples, `inputs` [n], to `classes` and `scores`, [n, classes].
regress: serialized tf.Examples, `inputs` [n], to `outputs` [n].

The first dimension of rank counts requests, so that a server can put the requests of several clients into one batch.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeAlias

import tensorflow as tf

from widedeep.components.features.names import argument_names
from widedeep.components.features.spec import TOP_K, FeatureSpec, Label
from widedeep.components.trainer.export import raw_tensors
from widedeep.components.trainer.export.ranking import Raw

DEFAULT, RAW, RANK, CLASSIFY, REGRESS = "serving_default", "predict_raw", "rank", "classify", "regress"
Outputs = dict[str, tf.Tensor]
Signature: TypeAlias = "tf.types.experimental.PolymorphicFunction"
# From the required tensors by name, and the optional ones.
Computation = Callable[[Outputs, Outputs], Outputs]
# Inputs that are no features, each with the value that holds where a request does not name it.
Extra: TypeAlias = "dict[str, tuple[tf.TensorSpec, tf.Tensor]]"


def ranks(spec: FeatureSpec) -> bool:
    """Whether there are candidates, and one score to put them in order by."""
    return spec.label.kind != "multiclass" and any(feature.side == "candidate" for feature in spec.features)


class Signatures:
    """Makes the functions to save with a model.

    Args:
        spec: the declaration.
        outputs: from raw features [n, any] and n to `score` and `logit`.
        rank_scores: from features by name, requests, and candidates of each, to scores [requests * candidates].
    """

    def __init__(
        self,
        spec: FeatureSpec,
        outputs: Callable[[Raw, tf.Tensor], Outputs],
        rank_scores: Callable[[Outputs, tf.Tensor, tf.Tensor], tf.Tensor],
    ) -> None:
        self._spec, self._outputs, self._rank_scores = spec, outputs, rank_scores
        # Of the inputs by the names that requests have for them; see request_names.py.
        self.arguments = argument_names([TOP_K, *spec.by_key])

    def all(self) -> dict[str, Signature]:
        """Every signature that the label allows, by name."""
        default = self._serving_default()
        signatures = {DEFAULT: default, RAW: self._predict_raw()}
        label = self._spec.label
        if label.kind != "regression":
            signatures[CLASSIFY] = self._classify(label, default)
        if label.kind != "multiclass":
            signatures[REGRESS] = self._regress(default)
            # Candidates are in order of one score.
            if any(feature.side == "candidate" for feature in self._spec.features):
                signatures[RANK] = self._rank()
        return signatures

    def _serving_default(self) -> Signature:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")], autograph=False)
        def serving_default(examples: tf.Tensor) -> Outputs:
            parsing = raw_tensors.parsing(self._spec.features)
            return self._outputs(tf.io.parse_example(examples, parsing), tf.size(examples, out_type=tf.int64))

        return serving_default

    def _predict_raw(self) -> Signature:
        features = self._spec.features
        leading = dict.fromkeys(self._spec.by_key, 1)

        @self._keyword_signature(leading)
        def predict_raw(required: Outputs, optional: Outputs) -> Outputs:
            tensors = required | optional
            [rows] = tf.unstack(raw_tensors.sizes(list(tensors.values()), 1))
            return self._outputs({f.key: raw_tensors.to_sparse(f, tensors[f.key], [rows]) for f in features}, rows)

        return predict_raw

    def _rank(self) -> Signature:
        leading = {feature.key: 1 if feature.side == "context" else 2 for feature in self._spec.features}
        candidates = [feature for feature in self._spec.features if feature.side == "candidate"]

        @self._keyword_signature(leading, {TOP_K: (tf.TensorSpec([None], tf.int32, name=TOP_K), tf.constant([0]))})
        def rank(required: Outputs, optional: Outputs) -> Outputs:
            tensors = required | optional
            requests, each = tf.unstack(raw_tensors.sizes([tensors[feature.key] for feature in candidates], 2))
            others = [tensors[key] for key in tensors if leading.get(key, 1) == 1]
            requests = tf.maximum(requests, raw_tensors.sizes(others, 1)[0])
            score = tf.reshape(self._rank_scores(tensors, requests, each), tf.stack([requests, each]))
            # Padding, which a server adds to requests of other sizes in the batch, comes last.
            real = [raw_tensors.present(feature, tensors[feature.key]) for feature in candidates]
            is_real = tf.broadcast_to(functools.reduce(tf.logical_or, real), tf.shape(score))
            # tf.where, which takes other shapes too, is several times slower.
            ranked = tf.raw_ops.Select(condition=is_real, x=score, y=tf.fill(tf.shape(score), float("-inf")))
            order = tf.argsort(ranked, direction="DESCENDING", stable=True)
            first = tf.reduce_max(tensors[TOP_K])
            return {"score": score, "order": order[:, : tf.where(first > 0, first, tf.int32.max)]}

        return rank

    # The next two call the default signature, whose graph is large: it is traced, written and loaded once for all.

    def _classify(self, label: Label, default: Signature) -> Signature:
        names = [str(number) for number in range(label.classes or 2)]

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")], autograph=False)
        def classify(inputs: tf.Tensor) -> Outputs:
            score = default(inputs)["score"]
            scores = score if label.kind == "multiclass" else tf.stack([1 - score, score], axis=1)
            return {"classes": tf.repeat(tf.constant([names]), tf.size(inputs), axis=0), "scores": scores}

        return classify

    def _regress(self, default: Signature) -> Signature:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")], autograph=False)
        def regress(inputs: tf.Tensor) -> Outputs:
            return {"outputs": default(inputs)["score"]}

        return regress

    def _keyword_signature(
        self, leading: dict[str, int], more: Extra | None = None
    ) -> Callable[[Computation], Signature]:
        """Makes a function of `required` and `optional` tensors by name a signature with one input a feature.

        The values of optional ones go into the signature as what holds where a request does not name them.
        """
        by_key = self._spec.by_key
        arguments = self.arguments
        keys = {arguments[key]: key for key in arguments}
        must: dict[str, tf.TensorSpec] = {}
        may, values = dict(must), {}
        for key, number in leading.items():
            name = arguments[key]
            (must if by_key[key].required else may)[name] = raw_tensors.tensor_spec(by_key[key], number, name)
            if not by_key[key].required:
                values[name] = raw_tensors.missing(by_key[key], number)
        for name, (spec, value) in (more or {}).items():
            may[name], values[name] = spec, value

        def decorate(function: Computation) -> Signature:
            def signature(required: Outputs, optional: Outputs = values) -> Outputs:
                return function(*({keys[name]: given[name] for name in given} for given in (required, optional)))

            return tf.function(signature, input_signature=[must, may], autograph=False)

        return decorate
