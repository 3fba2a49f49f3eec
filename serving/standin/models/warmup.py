"""Replays a model's own requests before it serves: the first run of a graph is the slow one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from widedeep.serving.standin import examples, predict
from widedeep.serving.standin.errors import ServingError, invalid, numbered
from widedeep.serving.standin.models.servable import Servable

REQUESTS = Path("assets.extra", "tf_serving_warmup_requests")
MOST_RECORDS = 1000
_RUNS = {
    "predict_log": predict.predict,
    "classify_log": examples.classify,
    "regress_log": examples.regress,
    "multi_inference_log": examples.multi_inference,
}


def warm_up(servable: Servable, path: Path) -> int | None:
    """Runs the requests in assets.extra/tf_serving_warmup_requests of a version's folder; None without the file.

    Returns:
        How many there were.

    Raises:
        ServingError: a record can't be read or run, or there are more than TF Serving takes.
    """
    file = path / REQUESTS
    if not file.is_file():
        return None
    number = 0
    for number, record in enumerate(_records(file), start=1):
        try:
            _replay(servable, PredictionLog.FromString(record))
        except DecodeError:
            raise invalid(f"Failed to parse warmup record {number} from {file}") from None
        except ServingError as error:
            raise ServingError(error.code, f"Warm-up record {number} of {file}: {error.message}") from error
        if number > MOST_RECORDS:
            raise invalid(f"Number of warmup records exceeds the maximum ({MOST_RECORDS}) at {file}")
    return number


def _replay(servable: Servable, log: PredictionLog) -> None:
    kind = log.WhichOneof("log_type")
    if kind is None:
        return
    run = _RUNS.get(kind)
    if run is None:
        raise ServingError(grpc.StatusCode.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}")
    run(servable, getattr(log, kind).request, servable.run)


def _records(file: Path) -> Iterator[bytes]:
    try:
        yield from tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    except tf.errors.DataLossError as error:
        text = f"{error.message}. Please verify your warmup data is in TFRecord format."
        raise numbered(error.error_code, text) from error
