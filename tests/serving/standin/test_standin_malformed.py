"""Bytes that are no request, or hardly one: always a proper status, and the server goes on."""

from __future__ import annotations

import gc

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

METHODS = [
    *[f"PredictionService/{name}" for name in ("Predict", "Classify", "Regress", "MultiInference", "GetModelMetadata")],
    *[f"ModelService/{name}" for name in ("GetModelStatus", "HandleReloadConfigRequest")],
]
# What a refused request may say. UNKNOWN would be an exception that nobody foresaw, UNAVAILABLE a server that is gone.
PROPER = {
    "OK",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "FAILED_PRECONDITION",
    "UNIMPLEMENTED",
    "PERMISSION_DENIED",
}
SETTINGS = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def served(serve, small_models):
    return serve(small_models)


@pytest.fixture(scope="module")
def send(served, small_model):
    """Sends bytes to a method; its status, after which a good request is still answered."""
    calls = {name: served.channel.unary_unary(f"/tensorflow.serving.{name}") for name in METHODS}

    def answer(method, data):
        try:
            calls[method](data, timeout=60)
        except grpc.RpcError as error:
            return error.code().name
        return "OK"

    yield answer
    response = served.predict({"examples": [small_model.example(1.0)]})
    assert list(response.outputs["score"].float_val) == pytest.approx([small_model.score(1.0)])


@SETTINGS
@given(method=some.sampled_from(METHODS), data=some.binary(max_size=200))
def test_random_bytes(send, method, data):
    assert send(method, data) in PROPER


@pytest.mark.parametrize("method", [*[f"tensorflow.serving.{name}" for name in METHODS], "grpc.health.v1.Health/Check"])
def test_of_bytes_that_are_no_message_nothing_is_kept(served, method):
    """gRPC kept some twenty objects of each such call, and its memory of the call."""
    call = served.channel.unary_unary(f"/{method}")

    def send_many():
        for _ in range(100):
            with pytest.raises(grpc.RpcError) as caught:
                call(b"\xff", timeout=60)
            assert caught.value.code() is grpc.StatusCode.INTERNAL
            assert caught.value.details() == "The request is no message of the method's type."
        del caught
        gc.collect()
        return len(gc.get_objects())

    send_many()
    assert send_many() - send_many() == pytest.approx(0, abs=100)


@pytest.fixture(scope="module")
def good(make_request, small_model):
    """A good request of each kind, in bytes."""
    import tensorflow as tf
    from tensorflow_serving.apis.classification_pb2 import ClassificationRequest

    classify = ClassificationRequest()
    classify.model_spec.name, classify.model_spec.signature_name = "small", "classify"
    classify.input.example_list.examples.append(tf.train.Example.FromString(small_model.example(1.0, "red", ["a"])))
    raw = {"x": [1.0, 2.0], "color": ["red", "blue"], "tags": [["a"], ["b"]]}
    return {
        "Predict": make_request(raw, "predict_raw").SerializeToString(),
        "Classify": classify.SerializeToString(),
    }


@SETTINGS
@given(
    kind=some.sampled_from(["Predict", "Classify"]),
    edits=some.lists(some.tuples(some.integers(0, 400), some.integers(0, 255)), min_size=1, max_size=4),
    cut=some.integers(0, 20),
)
def test_a_good_request_with_a_few_bytes_changed(send, good, kind, edits, cut):
    data = bytearray(good[kind])
    for place, value in edits:
        data[place % len(data)] = value
    assert send(f"PredictionService/{kind}", bytes(data[: len(data) - cut])) in PROPER


def test_the_good_ones_are_good(send, good):
    assert {send(f"PredictionService/{kind}", data) for kind, data in good.items()} == {"OK"}


def test_a_method_that_there_is_not(served):
    with pytest.raises(grpc.RpcError) as caught:
        served.channel.unary_unary("/tensorflow.serving.PredictionService/Train")(b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
