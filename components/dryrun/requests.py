"""The requests of a dry run, made of real rows, one kind for each signature that the model has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.regression_pb2 import RegressionRequest

from widedeep.components.dryrun.servers.programs import NAME
from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.trainer.export.signatures import CLASSIFY, DEFAULT, RANK, RAW, REGRESS

# Rows, or candidates, of a request.
SIZE = 50
Message: TypeAlias = PredictRequest | ClassificationRequest | RegressionRequest


@dataclass(frozen=True)
class ServingRequest:
    """A request, and the rows (serialized tf.Examples) whose scores are its answer, in order."""

    signature: str
    message: Message
    rows: list[bytes]


def make_requests(spec: FeatureSpec, signatures: Sequence[str], rows: Sequence[bytes]) -> Iterator[ServingRequest]:
    """Yields requests for all rows by each signature, and one without any optional feature.

    Args:
        spec: the declaration.
        signatures: the names of those that the model has.
        rows: serialized tf.Examples, with their labels.
    """
    make = {DEFAULT: _default, RAW: _raw, RANK: _rank, CLASSIFY: _classify, REGRESS: _regress}
    known = [name for name in make if name in signatures]
    for start in range(0, len(rows), SIZE):
        for name in known:
            yield make[name](spec, rows[start : start + SIZE])
    for name in known:
        yield make[name](spec, [_bare(spec, rows[0])])


def _default(spec: FeatureSpec, rows: Sequence[bytes]) -> ServingRequest:
    del spec
    return ServingRequest(DEFAULT, _predict(DEFAULT, {"examples": np.array(rows, object)}), list(rows))


def _raw(spec: FeatureSpec, rows: Sequence[bytes]) -> ServingRequest:
    parsed = [tf.train.Example.FromString(row) for row in rows]
    named = {feature.key: _column(feature, parsed) for feature in spec.features}
    return ServingRequest(RAW, _predict(RAW, _without_missing(spec, named, parsed)), list(rows))


def _rank(spec: FeatureSpec, rows: Sequence[bytes]) -> ServingRequest:
    """The first row's context with the candidates of all."""
    parsed = [tf.train.Example.FromString(row) for row in rows]
    named = {
        feature.key: _column(feature, parsed[:1] if feature.side == "context" else parsed) for feature in spec.features
    }
    for feature in spec.features:
        if feature.side == "candidate":
            named[feature.key] = named[feature.key][None]
    joined = [_joined(spec, parsed[0], candidate) for candidate in parsed]
    return ServingRequest(RANK, _predict(RANK, _without_missing(spec, named, parsed)), joined)


def _classify(spec: FeatureSpec, rows: Sequence[bytes]) -> ServingRequest:
    del spec
    return ServingRequest(CLASSIFY, _examples(ClassificationRequest(), CLASSIFY, rows), list(rows))


def _regress(spec: FeatureSpec, rows: Sequence[bytes]) -> ServingRequest:
    del spec
    return ServingRequest(REGRESS, _examples(RegressionRequest(), REGRESS, rows), list(rows))


def _predict(signature: str, inputs: Mapping[str, np.ndarray]) -> PredictRequest:
    request = PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = NAME, signature
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return request


def _examples(request: Any, signature: str, rows: Sequence[bytes]) -> Any:
    request.model_spec.name, request.model_spec.signature_name = NAME, signature
    request.input.example_list.examples.extend(tf.train.Example.FromString(row) for row in rows)
    return request


def _without_missing(
    spec: FeatureSpec, named: dict[str, np.ndarray], parsed: Sequence[tf.train.Example]
) -> dict[str, np.ndarray]:
    """Without the optional features that no row has: a request may leave them out."""
    present = {key for example in parsed for key in example.features.feature}
    return {key: value for key, value in named.items() if key in present or spec.by_key[key].required}


def _column(feature: Feature, parsed: Sequence[tf.train.Example]) -> np.ndarray:
    """As components/trainer/export/raw_tensors.py has it."""
    values = [_values(example, feature.key) for example in parsed]
    if feature.is_number:
        numbers = np.array([(list(value.float_list.value) or [np.nan])[0] for value in values], np.float32)
        return numbers + _rests(parsed, feature.rest) if feature.rest else numbers
    lists = [list(value.bytes_list.value) for value in values]
    if feature.kind == "categorical":
        return np.array([(strings or [b""])[0] for strings in lists], object)
    width = max((len(strings) for strings in lists), default=0)
    padded = [strings + [b""] * (width - len(strings)) for strings in lists]
    return np.array(padded, object).reshape(len(parsed), width)


def _rests(parsed: Sequence[tf.train.Example], key: str) -> np.ndarray:
    """float64 [n]; 0 where an example has none."""
    return np.array([sum(_values(example, key).float_list.value) for example in parsed], np.float64)


def _values(example: tf.train.Example, key: str) -> tf.train.Feature:
    # Looking up a key that is not there would put it there.
    return example.features.feature[key] if key in example.features.feature else tf.train.Feature()


def _joined(spec: FeatureSpec, user: tf.train.Example, candidate: tf.train.Example) -> bytes:
    """The candidate's row with another context."""
    row = tf.train.Example.FromString(candidate.SerializeToString())
    for feature in spec.features:
        if feature.side == "context":
            for key in filter(None, (feature.key, feature.rest)):
                row.features.feature.pop(key, None)
                if key in user.features.feature:
                    row.features.feature[key].CopyFrom(user.features.feature[key])
    return bytes(row.SerializeToString())


def _bare(spec: FeatureSpec, row: bytes) -> bytes:
    """The row with its label and its required features alone."""
    example = tf.train.Example.FromString(row)
    for feature in spec.features:
        if not feature.required:
            for key in filter(None, (feature.key, feature.rest)):
                example.features.feature.pop(key, None)
    return bytes(example.SerializeToString())
