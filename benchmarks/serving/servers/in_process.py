"""The models of benchmarks/serving in a process by itself: what they answer, and how long that takes without a net.

    python -m benchmarks.serving.servers.in_process SETTINGS.json

SETTINGS: models (folders by name), layers (the hidden ones, by the same names), data (of MovieLens), candidates (of the
request), repeats, out (folder). OUT gets the bytes of the request by each signature and of one for the metadata, each
model's answer to `rank`, and answer.json.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from benchmarks.serving import matrix_products
from benchmarks.serving.servers.models import FEATURES
from benchmarks.serving.servers.processes import NAME
from benchmarks.serving.traffic import predict_requests
from benchmarks.serving.traffic.rank_requests import joined, read, requests
from widedeep.components import features
from widedeep.components.trainer.export.signatures import DEFAULT, RANK
from widedeep.serving.standin import predict
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.tensors import Array

_WARM_UP = 10


def main() -> None:
    """Writes the requests and the answers."""
    given = json.loads(Path(sys.argv[1]).read_text())
    out, spec = Path(given["out"]), features.load(FEATURES)
    [first, *_] = requests(read(Path(given["data"])), spec, given["candidates"])
    made = {name: request.SerializeToString() for name, request in predict_requests.predict(spec, first, NAME).items()}
    out.mkdir(parents=True)
    for name, data in {**made, "GetModelMetadata": _metadata().SerializeToString()}.items():
        (out / name).write_bytes(data)
    examples = [predict_requests.example(spec, row).SerializeToString() for row in joined(first)]
    answer: dict[str, Any] = {"scores": {}, "milliseconds": {}, "products": {}}
    for model, path in given["models"].items():
        answer["scores"][model] = _scores(path, examples)
        servable = Servable(NAME, 1, Path(path))
        response, answer["milliseconds"][model] = _timed(servable, made[RANK], given["repeats"])
        (out / f"{model}-answer").write_bytes(response)
        servable.close()
        answer["products"][model] = matrix_products.cpu_milliseconds(
            given["candidates"], given["layers"][model], given["repeats"]
        )
    (out / "answer.json").write_text(json.dumps(answer))


def _metadata() -> GetModelMetadataRequest:
    request = GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = NAME
    return request


def _scores(path: str, examples: list[bytes]) -> list[float]:
    """By TensorFlow's own loader and another signature, so that nothing of the server is in it."""
    loaded = tf.saved_model.load(path)
    scores: list[float] = loaded.signatures[DEFAULT](tf.constant(examples))["score"].numpy().tolist()
    return scores


def _timed(servable: Servable, data: bytes, repeats: int) -> tuple[bytes, dict[str, float]]:
    """The answer to a request, and the median milliseconds of the session's run and of all else that a server does."""
    runs: list[float] = []
    wholes: list[float] = []

    def run(feeds: Mapping[str, Array], fetches: Sequence[str]) -> Mapping[str, Array]:
        started = time.perf_counter()
        outputs = servable.run(feeds, fetches)
        runs.append(1000 * (time.perf_counter() - started))
        return outputs

    response = b""
    for _ in range(_WARM_UP + repeats):
        started = time.perf_counter()
        response = predict.predict(servable, PredictRequest.FromString(data), run).SerializeToString()
        wholes.append(1000 * (time.perf_counter() - started))
    others = np.subtract(wholes, runs)[_WARM_UP:]
    return response, {
        "session": statistics.median(runs[_WARM_UP:]),
        "server's parsing and encoding": statistics.median(others.tolist()),
    }


if __name__ == "__main__":
    main()
