"""Requests as the bytes that go over the wire, made of rows without the client that is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from benchmarks.serving.traffic.rank_requests import RankRequest, Row, joined
from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.trainer.export.signatures import DEFAULT, RANK, RAW


def predict(spec: FeatureSpec, request: RankRequest, model: str) -> dict[str, PredictRequest]:
    """The same candidates of the same user for each signature, by its name; only `score` is asked for."""
    rows = list(joined(request))
    inputs = {
        RANK: {
            feature.key: _column(feature, [request.user])
            if feature.side == "context"
            else _column(feature, request.candidates)[None]
            for feature in spec.features
        },
        RAW: {feature.key: _column(feature, rows) for feature in spec.features},
        DEFAULT: {"examples": np.array([example(spec, row).SerializeToString() for row in rows], object)},
    }
    return {name: _request(name, model, arrays) for name, arrays in inputs.items()}


def example(spec: FeatureSpec, row: Row) -> tf.train.Example:
    """A row as a tf.Example."""
    made = tf.train.Example()
    for feature in spec.features:
        value, filled = row[feature.key], made.features.feature[feature.key]
        if value is None:
            continue
        if feature.kind == "numeric":
            filled.float_list.value.append(value)
        else:
            filled.bytes_list.value.extend(member.encode() for member in (value if feature.kind == "set" else [value]))
    return made


def _request(signature: str, model: str, arrays: dict[str, np.ndarray]) -> PredictRequest:
    request = PredictRequest(output_filter=["score"])
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for key, array in arrays.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(array))
    return request


def _column(feature: Feature, rows: Sequence[Row]) -> np.ndarray:
    """As components/trainer/export/raw_tensors.py has it, [n] or of a set [n, most members]."""
    values: list[Any] = [row[feature.key] for row in rows]
    if feature.kind == "numeric":
        return np.array([np.nan if value is None else value for value in values], np.float32)
    if feature.kind == "categorical":
        return np.array([(value or "").encode() for value in values], object)
    lists = [[member.encode() for member in value or ()] for value in values]
    longest = max(map(len, lists))
    return np.array([members + [b""] * (longest - len(members)) for members in lists], object).reshape(
        len(lists), longest
    )
