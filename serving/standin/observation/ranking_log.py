"""What `rank` was asked and has answered, for a request log."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from widedeep.serving.client.errors import ModelError
from widedeep.serving.client.signature import RANK, Features, Metadata, Shape, Signature, features
from widedeep.serving.request_log import RequestLog
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.standin.predict import Run, predict
from widedeep.serving.tensors import Array

_SCORE = "score"
log = logging.getLogger(__name__)


class RankingLog:
    """Answers Predict, and hands what `rank` was asked to a log."""

    def __init__(self, request_log: RequestLog) -> None:
        self._log = request_log
        self._features: dict[tuple[str, int], Features | None] = {}

    def predict(self, servable: Servable, request: PredictRequest, run: Run) -> PredictResponse:
        """As `predict`; a log that fails does not fail the request."""
        if request.model_spec.signature_name != RANK:
            return predict(servable, request, run)
        seen: list[tuple[Mapping[str, Array], Mapping[str, Array]]] = []

        def kept(feeds: Mapping[str, Array], fetches: Sequence[str]) -> Mapping[str, Array]:
            outputs = run(feeds, fetches)
            seen.append((feeds, outputs))
            return outputs

        response = predict(servable, request, kept)
        try:
            self._record(servable, *seen[0])
        except Exception:
            log.exception("a request could not be logged")
        return response

    def _record(self, servable: Servable, feeds: Mapping[str, Array], outputs: Mapping[str, Array]) -> None:
        known = self._known(servable)
        signature = servable.signatures[RANK]
        scores = outputs.get(signature.outputs[_SCORE].name)
        if known is None or scores is None:
            return
        tensors = {name: feeds[signature.inputs[name].name] for name in known}
        self._log.record(None, servable.version, known, tensors, scores)

    def _known(self, servable: Servable) -> Features | None:
        """The model's features; None where it is of another make."""
        place = (servable.name, servable.version)
        if place not in self._features:
            metadata = Metadata({name: _described(servable, name) for name in servable.signatures}, servable.version)
            try:
                self._features[place] = features(metadata, servable.name)
            except ModelError as error:
                log.warning("requests of %s version %d are not logged: %s", *place, error)
                self._features[place] = None
        return self._features[place]


def _described(servable: Servable, name: str) -> Signature:
    inputs = {
        alias: Shape(info.dtype, None if info.tensor_shape.unknown_rank else len(info.tensor_shape.dim))
        for alias, info in servable.signatures[name].inputs.items()
    }
    return Signature(inputs, frozenset(servable.defaults[name]))
