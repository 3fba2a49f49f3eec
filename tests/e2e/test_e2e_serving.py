"""The same scores from batch prediction and from every signature, in a process, over gRPC and over REST."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import forked
import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from calls import plain
from forked import WIDEDEEP
from harness import Pushed, latest
from tensorflow_serving.apis import prediction_service_pb2_grpc

from widedeep.components import features
from widedeep.components.dryrun.batch_scores import batch_scores
from widedeep.components.dryrun.requests import ServingRequest, make_requests
from widedeep.components.dryrun.servers.programs import NAME
from widedeep.components.dryrun.trial import _scores
from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.serving.client import RankingClient

ROWS = 60


@contextmanager
def served(models: Path) -> Iterator[tuple[str, str]]:
    """The addresses of gRPC and REST of a server of its own."""
    command = [WIDEDEEP, "serve", str(models), "--name", NAME, "--port", "0", "--rest-port", "0"]
    with forked.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=plain()) as server:
        try:
            assert server.stdout is not None
            # ready: gRPC 127.0.0.1:1, REST http://127.0.0.1:2, model candidate version 1
            words = server.stdout.readline().replace(",", " ").split()
            yield words[2], words[4]
        finally:
            server.terminate()
    assert server.returncode == 0


class InProcess:
    """The model as TF Serving runs it: what a request leaves out has the value that the signature gives."""

    def __init__(self, model: Path) -> None:
        v1 = tf.compat.v1
        self._session = v1.Session(graph=tf.Graph())
        with self._session.graph.as_default():
            loaded = v1.saved_model.loader.load(self._session, ["serve"], str(model))
        self._signatures = loaded.signature_def

    def scores(self, request: ServingRequest) -> np.ndarray:
        signature = self._signatures[request.signature]
        feed = {signature.inputs[key].name: tf.make_ndarray(value) for key, value in request.message.inputs.items()}
        score = self._session.run(signature.outputs["score"].name, feed)
        return score[0] if request.signature == "rank" else score


def over_rest(address: str, request: ServingRequest, spec: FeatureSpec) -> np.ndarray:
    name = request.signature
    url = f"{address}/v1/models/{NAME}"
    if name in ("classify", "regress"):
        examples = [json_example(row, spec) for row in request.rows]
        said = httpx.post(f"{url}:{name}", json={"signature_name": name, "examples": examples}, timeout=30)
        results = said.raise_for_status().json()["results"]
        return np.array([dict(row)["1"] for row in results] if name == "classify" else results)
    inputs = {key: tf.make_ndarray(value) for key, value in request.message.inputs.items()}
    if name == "serving_default":
        listed = [{"b64": base64.b64encode(row).decode()} for row in inputs["examples"]]
        body: dict[str, Any] = {"instances": listed}
    else:
        body = {"inputs": {key: text(value.tolist()) for key, value in inputs.items()}}
        # REST wants every input named.
        for feature in spec.features:
            body["inputs"].setdefault(feature.key, nothing(feature, name))
        body["inputs"] |= {"top_k": [0]} if name == "rank" else {}
    # A missing number is NaN, which is not JSON for all, but for TF Serving.
    said = httpx.post(f"{url}:predict", content=json.dumps(body | {"signature_name": name}), timeout=30)
    answer = said.raise_for_status().json()
    if name == "serving_default":
        return np.array([row["score"] for row in answer["predictions"]])
    score = np.array(answer["outputs"]["score"])
    return score[0] if name == "rank" else score


def nothing(feature: Feature, signature: str) -> list[Any]:
    """One row, or one candidate, without the feature."""
    value: Any = {"numeric": float("nan"), "categorical": "", "set": []}[feature.kind]
    return [[value]] if signature == "rank" and feature.side == "candidate" else [value]


def text(value: Any) -> Any:
    if isinstance(value, list):
        return [text(member) for member in value]
    return value.decode() if isinstance(value, bytes) else value


def json_example(row: bytes, spec: FeatureSpec) -> dict[str, Any]:
    features = tf.train.Example.FromString(row).features.feature
    given: dict[str, Any] = {}
    for feature in spec.features:
        if feature.key in features:
            values = features[feature.key]
            given[feature.key] = list(values.float_list.value) or [value.decode() for value in values.bytes_list.value]
    return given


def ranked(address: str, transport: Any, request: ServingRequest, spec: FeatureSpec, parallel: int) -> np.ndarray:
    """By the client, in the candidates' order."""
    rows = [json_example(row, spec) for row in request.rows]
    user, candidates = (
        [
            {
                key: value if len(value) > 1 or spec.by_key[key].kind == "set" else value[0]
                for key, value in row.items()
                if spec.by_key[key].side == side
            }
            for row in rows
        ]
        for side in ("context", "candidate")
    )
    with RankingClient(address, model=NAME, transport=transport, parallel=parallel, deadline=30.0) as client:
        ranking = client.rank(user[0], candidates)
    return np.array(
        [candidate.score for candidate in sorted(ranking.candidates, key=lambda candidate: candidate.index)]
    )


@pytest.mark.parametrize("name", ["movielens", "census", "taxi"])
def test_the_same_scores_everywhere(pushed: Callable[[str], Pushed], name: str) -> None:
    workdir = pushed(name).workdir
    spec = features.load(pushed(name).slice.pipeline.parent / "features.yaml")
    parts = sorted((latest(workdir, "ExampleGen", "examples") / "Split-test").iterdir())
    raw = list(tf.data.TFRecordDataset([str(part) for part in parts], "GZIP").take(ROWS).as_numpy_iterator())
    names = ["serving_default", "predict_raw", "rank", "classify", "regress"]
    # The last of each signature has no optional feature.
    asked = [request for request in make_requests(spec, names, raw) if len(request.rows) > 1]
    trained = str(latest(workdir, "Trainer", "model") / "Format-Training")
    graph = str(latest(workdir, "Transform", "transform_graph"))
    expected = np.split(
        batch_scores(trained, graph, [row for request in asked for row in request.rows]),
        np.cumsum([len(request.rows) for request in asked])[:-1],
    )
    assert np.concatenate(expected).std() > 0.01
    process = InProcess(workdir / "models" / "1")
    with served(workdir / "models") as (target, address), grpc.insecure_channel(target) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for request, batch in zip(asked, expected, strict=True):
            answers = {"grpc": _scores(stub, request), "rest": over_rest(address, request, spec)}
            if request.signature in ("serving_default", "predict_raw", "rank"):
                answers["process"] = process.scores(request)
            if request.signature == "rank":
                for parallel in (1, 3):
                    answers[f"client over grpc, {parallel}"] = ranked(target, "grpc", request, spec, parallel)
                    answers[f"client over rest, {parallel}"] = ranked(
                        address.removeprefix("http://"), "rest", request, spec, parallel
                    )
            for way, scores in answers.items():
                np.testing.assert_allclose(scores, batch, rtol=0, atol=1e-5, err_msg=f"{request.signature}, {way}")
