"""Malformed requests are malformed, the same each time, and answers to them are proper as TF Serving has it."""

from __future__ import annotations

import json
import random
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from benchmarks.serving.malformed_requests import figures
from benchmarks.serving.traffic import malformed_rest
from benchmarks.serving.traffic.message_mutations import mutated_message
from benchmarks.serving.traffic.mutations import mutated_bytes, mutated_json, noise
from benchmarks.serving.traffic.status_oracle import RELOAD, RawRequest, Reply, StatusTally, grpc_fault, rest_fault
from widedeep.serving import tensors
from widedeep.serving.client import messages

PREDICT = "PredictionService/Predict"
SEEDS = some.integers(0, 2**32)
LEAVES = some.none() | some.booleans() | some.integers() | some.text(max_size=3)
DOCUMENTS = some.dictionaries(
    some.text(max_size=3),
    some.recursive(LEAVES, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner)),
    min_size=1,
    max_size=3,
)


@given(SEEDS, some.binary(max_size=60))
def test_a_mutation_changes_something_and_is_the_same_with_the_same_seed(seed: int, data: bytes) -> None:
    changed = mutated_bytes(random.Random(seed), data)
    assert changed != data
    assert mutated_bytes(random.Random(seed), data) == changed


def test_mutations_cut_flip_put_in_take_out_and_double() -> None:
    data, chance = bytes(range(32, 96)), random.Random(0)
    made = [mutated_bytes(chance, data) for _ in range(500)]
    # More than can be taken out.
    assert any(data.startswith(new) and len(new) < 8 for new in made)
    assert any(len(new) == len(data) and (int.from_bytes(new) ^ int.from_bytes(data)).bit_count() == 1 for new in made)
    assert any(len(new) > len(data) and b"\xff\xff\xff\xff" in new for new in made)
    assert any(len(new) < len(data) and new[:1] + new[-1:] == data[:1] + data[-1:] for new in made)
    assert any(len(new) > len(data) and set(new) == set(data) for new in made)


def test_noise_is_of_any_length() -> None:
    chance = random.Random(0)
    assert {len(noise(chance)) for _ in range(5000)} == set(range(301))


@given(SEEDS, DOCUMENTS)
def test_an_odd_document_is_another_one_and_still_json(seed: int, document: dict[str, Any]) -> None:
    before = json.dumps(document)
    odd = mutated_json(random.Random(seed), document)
    assert json.dumps(document) == before
    assert json.dumps(odd) != before
    assert json.loads(json.dumps(odd)) == odd


def _request() -> Any:
    request = messages.PredictRequest(output_filter=["score"])
    request.model_spec.name = "m"
    request.inputs["x"].dtype = tensors.STRING
    request.inputs["x"].tensor_shape.dim.add().size = 2
    request.inputs["x"].string_val.extend([b"a", b"b"])
    return request


@given(SEEDS)
def test_an_odd_message_is_another_one_that_parses(seed: int) -> None:
    message = _request()
    changed = mutated_message(random.Random(seed), message)
    assert message == _request()
    assert changed != message
    data = changed.SerializeToString(deterministic=True)
    assert type(message).FromString(data).SerializeToString(deterministic=True) == data
    assert mutated_message(random.Random(seed), message).SerializeToString(deterministic=True) == data


def test_odd_messages_are_changed_at_every_depth() -> None:
    chance = random.Random(0)
    made = [mutated_message(chance, _request()) for _ in range(2000)]
    assert any(not sent.inputs for sent in made)
    assert any("x" not in sent.inputs and sent.inputs for sent in made)
    assert any(len(sent.inputs) == 2 for sent in made)
    assert any(sent.inputs["x"].dtype not in (0, tensors.STRING) for sent in made)
    assert {2, 0, -1, 2**63 - 1, -(2**63)} <= {dim.size for sent in made for dim in sent.inputs["x"].tensor_shape.dim}
    assert any(list(sent.inputs["x"].string_val) == [b"a"] for sent in made)
    assert any(sent.inputs["x"].string_val[2:] for sent in made)
    assert any(sent.model_spec.HasField("version") for sent in made)
    assert any(not sent.HasField("model_spec") for sent in made)
    assert any(not sent.output_filter for sent in made)


@pytest.mark.parametrize(
    ("method", "code", "details", "parses", "proper"),
    [
        (PREDICT, "INVALID_ARGUMENT", "", True, True),
        (PREDICT, "OK", "", True, True),
        (PREDICT, "OK", "", False, False),
        (PREDICT, "INTERNAL", "", False, True),
        (PREDICT, "INTERNAL", "", True, False),
        (PREDICT, "UNKNOWN", "did not become available", True, False),
        (PREDICT, "UNAVAILABLE", "", False, False),
        (PREDICT, "DEADLINE_EXCEEDED", "", True, False),
        (PREDICT, "PERMISSION_DENIED", "", True, False),
        (RELOAD, "PERMISSION_DENIED", "", True, True),
        (RELOAD, "UNKNOWN", "1 model(s) did not become available", True, True),
        (RELOAD, "UNKNOWN", "KeyError: 'x'", True, False),
    ],
)
def test_a_status_of_grpc_is_proper_where_tf_serving_says_it(
    method: str, code: str, details: str, parses: bool, proper: bool
) -> None:
    fault = grpc_fault(method, code, details, parses=parses)
    assert (fault is None) == proper
    assert fault is None or code in fault


@pytest.mark.parametrize(
    ("method", "http", "status", "body", "said"),
    [
        ("POST", True, 200, b"{}", None),
        ("POST", True, 400, b'{"error": "why"}', None),
        ("POST", True, 400, b'{"error": ""}', "status 400 with the error ''"),
        ("POST", True, 400, b'{"error": 1}', "status 400 with the error 1"),
        ("POST", True, 404, b"not found", "status 404 without a JSON error: b'not found'"),
        ("POST", True, 404, b"[]", "status 404 without a JSON error: b'[]'"),
        ("POST", True, 500, b'{"error": "why"}', 'status 500: b\'{"error": "why"}\''),
        ("POST", True, 302, b"", "status 302: b''"),
        ("POST", True, 0, b"", "status 0: b''"),
        ("HEAD", True, 404, b"", None),
        ("GET", True, 404, b"<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>", None),
        ("GET", True, 400, b"<HTML>", "status 400 without a JSON error: b'<HTML>'"),
        ("OPTIONS", True, 400, b"", None),
        ("GET", True, 400, b"", "status 400 without a JSON error: b''"),
        ("POST", False, 400, b"Invalid HTTP request received.", None),
        ("POST", False, 0, b"", None),
        ("POST", False, 500, b"", "status 500: b''"),
    ],
)
def test_an_answer_over_rest_is_proper_where_it_says_why_in_json(
    method: str, http: bool, status: int, body: bytes, said: str | None
) -> None:
    assert rest_fault(RawRequest(b"", method, http), Reply(status, body)) == said


def test_an_answer_that_does_not_come_is_of_status_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(malformed_rest, "_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reply = malformed_rest._ask(*silent.getsockname(), RawRequest(b"GET / HTTP/1.1\r\n\r\n", "GET", True))
    assert reply == Reply(0, b"")


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"HTTP/1.1 404 Not Found\r\nx: y\r\n\r\nbody", Reply(404, b"body")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", Reply(200, b"")),
        (b"", Reply(0, b"")),
        (b"nonsense", Reply(0, b"")),
    ],
)
def test_the_first_answer_that_is_one_counts(data: bytes, reply: Reply) -> None:
    assert malformed_rest.parse_reply(data) == reply


class _Recorded:
    """Instead of a connection: keeps what is sent, and answers that all is well."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def ask(self, _host: str, _port: int, sent: RawRequest) -> Reply:
        self.sent.append(sent.data)
        return Reply(200, b"")


def test_malformed_requests_over_rest_are_of_all_kinds_and_mostly_http(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded, tally = _Recorded(), StatusTally()
    monkeypatch.setattr(malformed_rest, "_ask", recorded.ask)
    good = {"predict": [{"inputs": {"a": [1]}}], "classify": [{"examples": [{"a": 1}]}]}
    over_rest, chance = malformed_rest.MalformedRest("127.0.0.1:1", good, tally), random.Random(1)
    for _ in range(400):
        over_rest.send(chance)
    assert {kind: counted.total() > 50 for kind, counted in tally.said.items()} == {
        "REST body": True,
        "REST JSON": True,
        "REST path": True,
        "REST header": True,
    }
    assert all(b"\r\n\r\n" in data and b"Host: localhost\r\n" in data for data in recorded.sent)
    assert any(data.endswith(b'{"inputs": {}}') for data in recorded.sent)
    assert len(set(recorded.sent)) > 300


def test_what_is_said_improperly_is_kept() -> None:
    tally = StatusTally()
    tally.add("Predict", "OK", None)
    tally.add("Predict", "UNKNOWN", "why")
    assert tally.said == {"Predict": {"OK": 1, "UNKNOWN": 1}}
    assert tally.improper == ["Predict: why"]


def test_a_server_that_ended_or_answers_wrongly_afterwards_counts_as_improper() -> None:
    outcome = {"sent": {"a": 3, "b": 4}, "said": {}, "improper": ["x"], "memory": [500 << 20, 900 << 20, 570 << 20]}
    improper, memory = figures(outcome | {"wrong": ["grpc: other scores"], "alive": False})
    assert (improper.value, improper.details["improper"]) == (3, ["x", "grpc: other scores", "the server ended"])
    assert improper.against.startswith("7 malformed requests")
    assert (memory.value, memory.holds) == (70.0, False)
    assert memory.details["anonymous_mib"] == [500, 900, 570]
    fine, grown = figures(
        outcome | {"improper": [], "memory": [500 << 20, 480 << 20, 564 << 20], "wrong": [], "alive": True}
    )
    assert fine.holds
    assert grown.holds
