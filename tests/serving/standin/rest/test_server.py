"""The REST interface as a client sees it: uvicorn on loopback over a real model."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import grpc
import httpx
import numpy as np
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MODEL = "/v1/models/small"


class Served:
    """An ASGI application in a thread."""

    def __init__(self, app: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=60)

    def close(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


@pytest.fixture(scope="module")
def core(small_models: Path) -> Iterator[Any]:
    from widedeep.serving.standin.core import Core
    from widedeep.serving.standin.models import model_configs

    made = Core(model_configs.single("small", small_models))
    made.start()
    while not made.models.ready():
        time.sleep(0.01)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(core: Any) -> Iterator[httpx.Client]:
    from widedeep.serving.standin.rest.app import rest_app

    served = Served(rest_app(core, max_body_bytes=1 << 16, max_concurrent=8))
    yield served.client
    served.close()


class NoModels:
    """A Core of which only what is overridden is asked."""

    models = SimpleNamespace(ready=lambda: False)


def served(core: Any, **limits: int) -> Served:
    from widedeep.serving.standin.rest.app import rest_app

    return Served(rest_app(core, **{"max_body_bytes": 1000, "max_concurrent": 8, **limits}))


def ok(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return json.loads(response.content)


@pytest.mark.parametrize("target", ["?", "?/", "?a=b"])
def test_a_target_without_a_path_is_refused_and_sent_nowhere_else(core: Any, target: str) -> None:
    server = served(core)
    with socket.create_connection((server.client.base_url.host, server.client.base_url.port or 0)) as raw:
        raw.sendall(f"DELETE {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    server.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert json.loads(body)["error"]


def test_rows_and_columns_give_the_formulas_scores(client: httpx.Client, small_model: Any) -> None:
    rows = [
        {"x": 0.5, "color": "red", "tags": ["a", "b"]},
        {"x": math.nan, "color": "", "tags": ["c", ""]},
    ]
    logits = [small_model.logit(**row) for row in rows]
    scores = [small_model.score(**row) for row in rows]
    body = json.dumps({"signature_name": "predict_raw", "instances": rows})
    predictions = ok(client.post(f"{MODEL}:predict", content=body))["predictions"]
    assert [row["logit"] for row in predictions] == pytest.approx(logits)
    assert [row["score"] for row in predictions] == pytest.approx(scores)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    body = json.dumps({"signature_name": "predict_raw", "inputs": columns})
    outputs = ok(client.post(f"{MODEL}/versions/1:predict", content=body))["outputs"]
    assert sorted(outputs) == ["logit", "score"]
    assert outputs["score"] == pytest.approx(scores)


def test_no_input_may_be_left_out(client: httpx.Client) -> None:
    body = {"signature_name": "predict_raw", "inputs": {"x": [0.5]}}
    response = client.post(f"{MODEL}:predict", json=body)
    assert (response.status_code, response.json()) == (
        400,
        {"error": "Missing named input: color in 'inputs' object."},
    )


def test_classify_and_regress(client: httpx.Client, small_model: Any) -> None:
    body = {"context": {"color": "blue"}, "examples": [{"x": 0.5}, {"tags": ["a"]}]}
    scores = [small_model.score(0.5, "blue"), small_model.score(color="blue", tags=["a"])]
    regressed = ok(client.post(f"{MODEL}:regress", json={"signature_name": "regress", **body}))["results"]
    assert regressed == pytest.approx(scores)
    classified = ok(client.post(f"{MODEL}:classify", json={"signature_name": "classify", **body}))["results"]
    assert [[label for label, _ in pairs] for pairs in classified] == [["0", "1"], ["0", "1"]]
    assert [pairs[1][1] for pairs in classified] == pytest.approx(scores)
    assert [pairs[0][1] for pairs in classified] == pytest.approx([1 - score for score in scores])


@pytest.mark.parametrize("path", [MODEL, f"{MODEL}/versions/1"])
def test_status(client: httpx.Client, path: str) -> None:
    status = {"error_code": "OK", "error_message": ""}
    expected = {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": status}]}
    assert ok(client.get(path)) == expected


def test_metadata(client: httpx.Client) -> None:
    document = ok(client.get(f"{MODEL}/metadata"))
    assert document["model_spec"]["name"] == "small"
    assert document["model_spec"]["version"] == "1"
    signatures = document["metadata"]["signature_def"]["signature_def"]
    assert sorted(signatures) == ["classify", "predict_raw", "rank", "regress", "serving_default"]
    assert signatures["rank"]["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert [dim["size"] for dim in signatures["rank"]["inputs"]["x"]["tensor_shape"]["dim"]] == ["-1", "-1"]
    assert sorted(signatures["rank"]["defaults"]) == ["color", "tags", "top_k"]


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "error"),
    [
        ("POST", f"{MODEL}:predict", "", 400, "JSON Parse error: The document is empty"),
        (
            "POST",
            f"{MODEL}:predict",
            '{"instances": [1]',
            400,
            "JSON Parse error: Expecting ',' delimiter at offset: 17",
        ),
        ("GET", f"{MODEL}:predict", None, 400, f"Malformed request: GET {MODEL}:predict"),
        ("PUT", MODEL, "{}", 400, f"Malformed request: PUT {MODEL}"),
        ("GET", "/v1/models", None, 400, "Missing model name in request."),
        ("GET", "/v1/models/none", None, 404, "Could not find any versions of model none"),
    ],
)
def test_errors(client: httpx.Client, method: str, path: str, body: str | None, code: int, error: str) -> None:
    response = client.request(method, path, content=body)
    assert (response.status_code, response.json()) == (code, {"error": error})
    assert response.headers["content-type"] == "application/json"


def test_a_model_that_is_not_there(client: httpx.Client) -> None:
    for path in ("/v1/models/none:predict", f"{MODEL}/versions/9:predict"):
        response = client.post(path, json={"instances": [1]})
        assert response.status_code == 404
        assert "not found" in response.json()["error"]


def test_a_body_beyond_the_limit_is_refused() -> None:
    server = served(NoModels())
    try:
        # The second is sent without its length; of the last most is still to come when it is refused.
        for content in (b" " * 1001, (part for part in [b" " * 600] * 2), b" " * 20_000_000):
            response = server.client.post(f"{MODEL}:predict", content=content)
            assert (response.status_code, response.json()) == (413, {"error": "The request has more than 1,000 bytes."})
        assert server.client.post(f"{MODEL}:predict", content=b" " * 1000).status_code == 400
    finally:
        server.close()


def test_more_requests_than_may_be_in_flight_are_refused_and_health_is_not() -> None:
    asked, go = threading.Event(), threading.Event()

    class Slow(NoModels):
        def model_status(self, request: Any) -> Any:
            asked.set()
            go.wait()
            raise ServingFault

    from widedeep.serving.standin.errors import ServingError

    ServingFault = ServingError(grpc.StatusCode.DEADLINE_EXCEEDED, "slow")  # noqa: N806
    server = served(Slow(), max_concurrent=1)
    first: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: first.append(server.client.get(MODEL)))
    try:
        thread.start()
        asked.wait()
        refused = server.client.get(MODEL)
        assert (refused.status_code, refused.json()) == (503, {"error": "1 requests are in flight. Try again."})
        assert server.client.get("/healthz").status_code == 503
        go.set()
        thread.join()
        assert (first[0].status_code, first[0].json()) == (504, {"error": "slow"})
        # The place is free again.
        assert server.client.get(MODEL).status_code == 504
    finally:
        go.set()
        thread.join()
        server.close()


CODES = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}


def test_every_status_has_tf_servings_http_code() -> None:
    from widedeep.serving.standin.errors import ServingError

    class Failing(NoModels):
        def model_status(self, request: Any) -> Any:
            raise ServingError(grpc.StatusCode[request.model_spec.name], "why")

    server = served(Failing())
    try:
        responses = {
            code.name: server.client.get(f"/v1/models/{code.name}") for code in grpc.StatusCode if code.value[0]
        }
    finally:
        server.close()
    assert {name: response.status_code for name, response in responses.items()} == CODES
    assert {response.text for response in responses.values()} == {'{"error": "why"}'}


def test_a_fault_of_the_server_is_said_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(NoModels):
        def model_status(self, request: Any) -> Any:
            raise RuntimeError("secret")

    server = served(Broken())
    try:
        response = server.client.get(MODEL)
    finally:
        server.close()
    assert (response.status_code, response.json()) == (500, {"error": "The server failed. Its log says why."})
    assert "status of small failed" in caplog.text
    assert "RuntimeError: secret" in caplog.text


def test_health_and_metrics(client: httpx.Client) -> None:
    health = client.get("/healthz")
    assert (health.status_code, health.text) == (200, "ok\n")
    client.post(f"{MODEL}:regress", json={"signature_name": "regress", "examples": [{"x": 1.0}]})
    metrics = client.get("/monitoring/prometheus/metrics")
    assert metrics.status_code == 200
    assert metrics.headers["content-type"].startswith("text/plain")
    assert ':tensorflow:serving:request_count{model_name="small",status="OK"}' in metrics.text


def test_two_hundred_rows(client: httpx.Client, small_model: Any) -> None:
    rows = [{"x": number / 100, "color": "green", "tags": ["a"]} for number in range(200)]
    body = {"signature_name": "predict_raw", "instances": rows}
    predictions = ok(client.post(f"{MODEL}:predict", json=body))["predictions"]
    np.testing.assert_allclose(
        [prediction["score"] for prediction in predictions], [small_model.score(**row) for row in rows], rtol=1e-5
    )


NAMES = ["instances", "inputs", "signature_name", "examples", "context", "x", "color", "tags", "b64"]
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
    max_leaves=10,
)
BODIES = st.one_of(
    st.binary(max_size=50),
    JSONS.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
    st.fixed_dictionaries(
        {"signature_name": st.sampled_from(["predict_raw", "rank", "regress", "classify", "serving_default", ""])},
        optional=dict.fromkeys(("instances", "inputs", "examples", "context"), JSONS),
    ).map(lambda value: json.dumps(value).encode()),
    # Well-formed but for a few bytes.
    st.tuples(st.integers(0, 60), st.binary(min_size=1, max_size=2)).map(
        lambda cut: (
            (good := b'{"signature_name": "regress", "examples": [{"x": 1.5}]}')[: cut[0]] + cut[1] + good[cut[0] :]
        )
    ),
)
PATHS = st.one_of(
    st.sampled_from([f"{MODEL}:{verb}" for verb in ("predict", "classify", "regress")]),
    st.sampled_from([f"{MODEL}/versions/1:predict", f"{MODEL}/labels/none:predict", f"{MODEL}/versions/7:regress"]),
    st.text(max_size=8).map(lambda text: f"/v1/models/{quote(text)}:predict"),
    st.text(max_size=8).map(lambda text: "/v1/" + quote(text)),
    st.binary(max_size=5).map(lambda raw: f"{MODEL}/versions/" + quote(raw)),
)


@settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(method=st.sampled_from(["POST", "POST", "POST", "GET", "DELETE"]), path=PATHS, body=BODIES)
def test_whatever_comes_in_an_answer_goes_out(client: httpx.Client, method: str, path: str, body: bytes) -> None:
    response = client.request(method, path, content=body)
    document = json.loads(response.content)
    if response.status_code == 200:
        assert document.keys() & {"predictions", "outputs", "results", "model_version_status", "model_spec"}
    else:
        assert response.status_code in (400, 404, 501), (response.status_code, document)
        assert list(document) == ["error"]
        assert isinstance(document["error"], str)
        assert document["error"]
