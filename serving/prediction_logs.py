"""Records of PredictionLog, as a side-car of TensorFlow Serving writes them, as entries of a request log.

A PredictionLog has no time and no request's id: the side-car adds them to the inputs that it logs, as the scalars
`log_time`, in seconds since 1970, and `log_request_id`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.serving.client.signature import RANK, Feature, Features, Metadata, Shape, Signature, features
from widedeep.serving.request_log.entry import Entry, entry
from widedeep.serving.tensors import Array, from_proto

_TIME, _REQUEST, _SCORE = "log_time", "log_request_id", "score"
_GZIP = b"\x1f\x8b"


def model_features(version: Path) -> Features:
    """What the model in a version's folder ranks by.

    Raises:
        ConfigError: there is no model.
        ModelError: it can't rank.
    """
    try:
        [graph] = SavedModel.FromString((version / "saved_model.pb").read_bytes()).meta_graphs
    except (OSError, DecodeError, ValueError):
        raise ConfigError(f"{version}: has no model: give the folder of a version, as work/shop/models/1.") from None
    signatures = {
        name: Signature(
            {alias: Shape(info.dtype, len(info.tensor_shape.dim)) for alias, info in signature.inputs.items()},
            frozenset(signature.defaults),
        )
        for name, signature in graph.signature_def.items()
    }
    return features(Metadata(signatures, None), str(version))


class PredictionLogs:
    """Files of records, of requests to one model.

    Attributes:
        others: records so far that are no answered request to `rank`.
    """

    def __init__(self, known: Features, left_out: Collection[str] = ()) -> None:
        """Takes what the model ranks by, and which of these features are not logged."""
        self._known, self._left_out, self.others = known, left_out, 0

    def entries(self, path: Path) -> Iterator[Entry]:
        """The calls of a file, gzipped or not, in its order.

        Raises:
            DataError: it can't be read, or a record is no PredictionLog or of another model; names file and record.
        """
        with path.open("rb") as file:
            compression = "GZIP" if file.read(2) == _GZIP else ""
        number = 1
        try:
            for record in tf.data.TFRecordDataset(str(path), compression).as_numpy_iterator():
                log = PredictionLog.FromString(record).predict_log
                if log.request.model_spec.signature_name == RANK and _SCORE in log.response.outputs:
                    yield self._entry(log.request, log.response)
                else:
                    self.others += 1
                number += 1
        except (DecodeError, TypeError, ValueError, IndexError, tf.errors.DataLossError) as error:
            raise DataError(
                f"{path}: record {number} can't be read as a PredictionLog of this model: {error}."
            ) from None

    def _entry(self, request: PredictRequest, response: PredictResponse) -> Entry:
        given = {name: from_proto(tensor) for name, tensor in request.inputs.items()}
        for name in (_TIME, _REQUEST):
            if name not in given:
                raise ValueError(f"it has no input '{name}', which the side-car adds to what it logs")
        seconds, name = float(given.pop(_TIME).item()), given.pop(_REQUEST).item().decode()
        scores = from_proto(response.outputs[_SCORE])
        tensors = {key: given.get(key, _missing(feature)) for key, feature in self._known.items()}
        version = response.model_spec.version.value if response.model_spec.HasField("version") else None
        return entry(seconds, name, version, self._known, tensors, scores, self._left_out)


def _missing(feature: Feature) -> Array:
    """[1] or [1, 1], and for a set no members: what stands for all requests and candidates."""
    shape = (1,) if feature.side == "user" else (1, 1)
    if feature.kind == "set":
        return np.empty((*shape, 0), object)
    if feature.kind == "number":
        return np.full(shape, np.nan, np.float64 if feature.bits == 64 else np.float32)
    return np.full(shape, b"", object)
