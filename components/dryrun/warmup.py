"""Requests that a server replays before it takes a version into service."""

from __future__ import annotations

import os
from collections.abc import Sequence

import tensorflow as tf
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from widedeep.components.dryrun.requests import Message

# Where TF Serving looks for them.
WARMUP = os.path.join("assets.extra", "tf_serving_warmup_requests")
# TF Serving takes a thousand at most; after some of each kind, graphs are optimised and memory is there.
_MOST = 50


def write_warmup(model: str, requests: Sequence[Message]) -> None:
    """Writes requests into a SavedModel's folder; they name no model, so that they fit under any name."""
    path = os.path.join(model, WARMUP)
    tf.io.gfile.makedirs(os.path.dirname(path))
    with tf.io.TFRecordWriter(path) as writer:
        for request in requests[-_MOST:]:
            writer.write(_log(request).SerializeToString())


def _log(request: Message) -> PredictionLog:
    log = PredictionLog()
    if isinstance(request, PredictRequest):
        logged = log.predict_log
    elif isinstance(request, ClassificationRequest):
        logged = log.classify_log
    else:
        logged = log.regress_log
    logged.request.CopyFrom(request)
    logged.request.model_spec.ClearField("name")
    return log
