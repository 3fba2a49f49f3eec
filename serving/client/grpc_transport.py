"""Asks a server over gRPC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import grpc
import numpy as np

from widedeep.serving import served_models, tensors
from widedeep.serving.client import messages
from widedeep.serving.client.candidate_columns import Part
from widedeep.serving.client.errors import RankingError, ServerAwayError
from widedeep.serving.client.signature import METADATA_FIELD, RANK, Metadata, Shape, Signature
from widedeep.serving.client.tls import Tls
from widedeep.serving.client.transport import Clock, PartScores, Place, failure, part_scores

_SERVICE = "/tensorflow.serving.PredictionService"
_SCORE = "score"
_OPTIONS = [
    # The client asks again by itself; the channel must not be slower to look whether a server is back.
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A target is a server's own address.
    ("grpc.enable_http_proxy", 0),
]
_TOP_K = np.zeros(1, np.int32)  # all


class GrpcTransport:
    """One channel to a server."""

    def __init__(self, place: Place, tls: Tls | None) -> None:
        self._place = place
        if tls:
            self._channel = grpc.secure_channel(place.server, tls.credentials(), _OPTIONS)
        else:
            self._channel = grpc.insecure_channel(place.server, _OPTIONS)
        self._predict = self._method("Predict", messages.PredictRequest, messages.PredictResponse)
        self._metadata = self._method(
            "GetModelMetadata", messages.GetModelMetadataRequest, messages.GetModelMetadataResponse
        )

    def _method(self, name: str, request: Any, response: Any) -> Any:
        return self._channel.unary_unary(f"{_SERVICE}/{name}", request.SerializeToString, response.FromString)

    def metadata(self, clock: Clock) -> Metadata:
        """As Transport's."""
        request = messages.GetModelMetadataRequest(metadata_field=[METADATA_FIELD])
        self._fill(request.model_spec, None)
        try:
            response = self._metadata(request, timeout=clock.left())
        except grpc.RpcError as error:
            raise self._failure(error, clock) from None
        signatures = messages.SignatureDefMap.FromString(response.metadata[METADATA_FIELD].value)
        return Metadata(
            {name: _signature(signature) for name, signature in signatures.signature_def.items()},
            _version(response.model_spec),
        )

    def scores(self, parts: Sequence[Part], version: int | None, clock: Clock) -> list[PartScores | ServerAwayError]:
        """As Transport's."""
        if len(parts) == 1:
            # A call that is waited for comes back without a detour over a thread of gRPC's.
            [part] = parts
            request = self._request(part, version)
            return [self._answer(part, lambda: self._predict(request, timeout=clock.left()), clock)]
        calls = [self._predict.future(self._request(part, version), timeout=clock.left()) for part in parts]
        answers: list[PartScores | ServerAwayError] = []
        try:
            for part, call in zip(parts, calls, strict=True):
                answers.append(self._answer(part, call.result, clock))
        finally:
            for call in calls:
                call.cancel()  # does nothing to those that have ended
        return answers

    def _request(self, part: Part, version: int | None) -> Any:
        request = messages.PredictRequest(output_filter=[_SCORE])
        self._fill(request.model_spec, version)
        request.model_spec.signature_name = RANK
        for name, array in {**part.tensors, "top_k": _TOP_K}.items():
            tensors.to_proto(array, request.inputs[name])
        return request

    def _answer(self, part: Part, result: Callable[[], Any], clock: Clock) -> PartScores | ServerAwayError:
        try:
            response = result()
        except grpc.RpcError as error:
            failed = self._failure(error, clock)
            if isinstance(failed, ServerAwayError):
                return failed
            raise failed from None
        try:
            scores = tensors.from_proto(response.outputs[_SCORE])
        except ValueError:
            scores = None
        return part_scores(scores, _version(response.model_spec), part, self._place)

    def _fill(self, spec: Any, version: int | None) -> None:
        spec.name = self._place.model
        chosen = self._place.version if version is None else version
        if chosen is not None:
            spec.version.value = chosen
        elif self._place.label:
            spec.version_label = self._place.label

    def _failure(self, error: Any, clock: Clock) -> RankingError:
        served = served_models.decode(dict(error.trailing_metadata() or ()).get(served_models.HEADER))
        return failure(error.code().name, error.details() or "", self._place, clock, served)

    def close(self) -> None:
        """As Transport's."""
        self._channel.close()


def _version(spec: Any) -> int | None:
    return int(spec.version.value) if spec.HasField("version") else None


def _signature(message: Any) -> Signature:
    return Signature(
        {
            name: Shape(info.dtype, None if info.tensor_shape.unknown_rank else len(info.tensor_shape.dim))
            for name, info in message.inputs.items()
        },
        frozenset(message.defaults),
    )
