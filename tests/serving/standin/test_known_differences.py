"""Where the stand-in is meant to answer otherwise than TensorFlow Serving: docs/reference/tested-serving.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
import toy_model

PREDICT = "/v1/models/toy:predict"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("toy") / "toy"
    toy_model.write(base / "1")
    return base


@pytest.fixture(scope="module")
def address(models: Path) -> Iterator[tuple[str, str]]:
    """Of gRPC and REST of a server that batches."""
    from widedeep.serving.standin.batching.parameters import Parameters
    from widedeep.serving.standin.models import model_configs
    from widedeep.serving.standin.server import Options, Server

    batching = Parameters(max_batch_size=4, batch_timeout_micros=0, num_batch_threads=1)
    server = Server(model_configs.single("toy", models), Options(port=0, rest_port=0, batching=batching))
    server.start()
    yield f"127.0.0.1:{server.port}", f"http://127.0.0.1:{server.rest_port}"
    server.stop(0)


@pytest.fixture
def rest(address: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address[1], trust_env=False, timeout=60) as client:
        yield client


def predict(address: tuple[str, str], signature: str, tensor: Any) -> Any:
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "toy", signature
    request.inputs["x"].CopyFrom(tensor)
    with grpc.insecure_channel(address[0]) as channel:
        return prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=60).outputs["y"]


def test_lists_deeper_than_numpy_goes(rest: httpx.Client) -> None:
    for depth, status in ((60, 200), (70, 400)):
        response = rest.post(PREDICT, content=f'{{"signature_name": "float", "inputs": {"[" * depth}1{"]" * depth}}}')
        assert response.status_code == status
    assert response.json() == {"error": "JSON Parse error: The document is nested too deeply."}


def test_a_value_that_stands_for_more_than_four_million(address: tuple[str, str]) -> None:
    from tensorflow.core.framework.tensor_pb2 import TensorProto

    tensor = TensorProto(dtype=1, float_val=[1.0])
    tensor.tensor_shape.dim.add().size = (1 << 22) + 1
    with pytest.raises(grpc.RpcError) as caught:
        predict(address, "float", tensor)
    assert (caught.value.code().name, caught.value.details()) == ("INVALID_ARGUMENT", "tensor parsing error: x")


def test_a_request_of_no_rows_is_answered(address: tuple[str, str]) -> None:
    import tensorflow as tf

    answer = predict(address, "float", tf.make_tensor_proto(np.zeros([0], np.float32)))
    assert [dim.size for dim in answer.tensor_shape.dim] == [0]


def test_a_signature_name_that_is_no_utf8(rest: httpx.Client) -> None:
    response = rest.post(PREDICT, content=b'{"signature_name": "fl\xffoat", "instances": [1]}')
    error = 'Serving signature name: "fl?oat" not found in signature def'
    assert (response.status_code, response.json()) == (400, {"error": error})


def test_a_version_beyond_64_bits(rest: httpx.Client) -> None:
    response = rest.post("/v1/models/toy/versions/99999999999999999999:predict", content=b"{}")
    error = "Failed to convert version: 99999999999999999999 to numeric."
    assert (response.status_code, response.json()) == (400, {"error": error})


def test_a_tensor_of_another_type(address: tuple[str, str]) -> None:
    import tensorflow as tf

    with pytest.raises(grpc.RpcError) as caught:
        predict(address, "float", tf.make_tensor_proto(np.zeros([1], np.int32)))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "float_x" in caught.value.details()


def test_the_paths_and_metrics_of_its_own(rest: httpx.Client) -> None:
    assert rest.get("/healthz").text == "ok\n"
    page = rest.get("/monitoring/prometheus/metrics").text
    assert ':tensorflow:serving:loaded_versions{model_name="toy"} 1.0' in page
    assert ":tensorflow:serving:batching_session:enqueued_batches 0.0" in page
