"""Requests whose answers were taken from TensorFlow Serving 2.20's own code, and are given here too.

Where it is meant to answer otherwise stands in docs/reference/tested-serving.md and test_known_differences.py.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
import toy_model

BIG = "JSON Parse error: Number too big to be stored in double. at offset: {}"
PAIR = "JSON Parse error: The surrogate pair in string is invalid. at offset: 44"
FAILED = "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: "
HTML = "<HTML><HEAD>\n<TITLE>{0}</TITLE>\n</HEAD><BODY>\n<H1>{1}</H1>\n</BODY></HTML>\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Of a server's gRPC and REST."""
    from widedeep.serving.standin.models import model_configs
    from widedeep.serving.standin.server import Options, Server

    base = tmp_path_factory.mktemp("toy") / "toy"
    toy_model.write(base / "1")
    server = Server(model_configs.single("toy", base), Options(port=0, rest_port=0))
    server.start()
    yield f"127.0.0.1:{server.port}", f"http://127.0.0.1:{server.rest_port}"
    server.stop(0)


@pytest.fixture(scope="module")
def rest(address: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address[1], trust_env=False, timeout=60) as client:
        yield client


def body(signature: str, written_as: str, value: str) -> bytes:
    return f'{{"signature_name": "{signature}", "{written_as}": {value}}}'.encode()


REST: list[tuple[str, str, str, int, Any]] = [
    # A number too large for a double.
    ("float", "instances", "[1e400]", 400, BIG.format(42)),
    ("float", "inputs", "[1e400]", 400, BIG.format(39)),
    ("float", "instances", "[-1e400]", 400, BIG.format(42)),
    ("double", "instances", "[1e309]", 400, BIG.format(43)),
    # Smaller than any normal number of the type.
    ("float", "instances", "[1e-45]", 200, [0.0]),
    ("float", "inputs", "[1e-45]", 200, [0.0]),
    ("double", "instances", "[5e-324]", 200, [0.0]),
    ("double", "inputs", "[5e-324]", 200, [0.0]),
    ("double", "instances", "[1e-323]", 200, [0.0]),
    ("float", "instances", "[Inf]", 200, [float("inf")]),
    ("float", "instances", "[-Inf]", 200, [float("-inf")]),
    ("float", "inputs", "[-Inf]", 200, [float("-inf")]),
    # As errors quote numbers.
    ("int32", "instances", "[NaN]", 400, f"{FAILED} Type: Number is not of expected type: int32"),
    ("int32", "inputs", "[NaN]", 400, "JSON Value:  Type: Number is not of expected type: int32"),
    (
        "int64",
        "instances",
        "[-9223372036854775809]",
        400,
        f"{FAILED}-9223372036854776000.0 Type: Number is not of expected type: int64",
    ),
    ("int32", "instances", "[1e-7]", 400, f"{FAILED}1e-7 Type: Number is not of expected type: int32"),
    ("int32", "instances", "[1e300]", 400, f"{FAILED}1e300 Type: Number is not of expected type: int32"),
    # Halves of surrogate pairs.
    ("string", "instances", r'["\ud800"]', 400, PAIR),
    ("string", "instances", r'["\ud800x"]', 400, PAIR),
    # Strings without a dimension.
    ("string", "inputs", '""', 200, ""),
    ("string", "inputs", '"a"', 200, "a"),
    ("string", "inputs", '{"b64": "aGVsbG8="}', 200, "hello"),
    # Of equal keys the first.
    ("float", "instances", '[1], "instances": [2]', 200, [1.0]),
    ("float", "instances", '[1.5], "signature_name": "int32"', 200, [1.5]),
]


@pytest.mark.parametrize(("signature", "written_as", "value", "status", "answer"), REST)
def test_over_rest(rest: httpx.Client, signature: str, written_as: str, value: str, status: int, answer: Any) -> None:
    response = rest.post("/v1/models/toy:predict", content=body(signature, written_as, value))
    key = "error" if status != 200 else {"instances": "predictions", "inputs": "outputs"}[written_as]
    assert (response.status_code, json.loads(response.content)) == (status, {key: answer})


@pytest.mark.parametrize(("written_as", "key"), [("instances", "predictions"), ("inputs", "outputs")])
def test_the_second_half_of_a_pair_comes_back_as_its_bytes(rest: httpx.Client, written_as: str, key: str) -> None:
    response = rest.post("/v1/models/toy:predict", content=body("string", written_as, r'["\udc00"]'))
    assert (response.status_code, response.content) == (200, f'{{"{key}": ["'.encode() + b'\xed\xb0\x80"]}')


def test_of_equal_inputs_the_first_counts(rest: httpx.Client) -> None:
    inputs = '{"a": [1], "a": [5], "s": ["x"], "i": [[1]]}'
    response = rest.post("/v1/models/toy:predict", content=body("multi", "inputs", inputs))
    assert response.json() == {"outputs": {"fa": [2.0], "s": ["x"], "s_bytes": [{"b64": "eA=="}], "i": [[1]]}}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "answer"),
    [
        ("GET", "/", {}, 404, HTML.format("404 Not Found", "Not Found")),
        ("POST", "/v1", {}, 404, HTML.format("404 Not Found", "Not Found")),
        ("GET", "/favicon.ico", {}, 404, HTML.format("404 Not Found", "Not Found")),
        ("OPTIONS", "/v1/models/toy", {}, 400, ""),
        ("OPTIONS", "/v1/models/toy:predict", {}, 400, ""),
        ("OPTIONS", "/v1/models/toy:predict", {"Origin": "http://x.example"}, 200, ""),
        ("TRACE", "/v1/models/toy", {}, 501, HTML.format("501 Not Implemented", "Not Implemented")),
    ],
)
def test_paths_and_methods(
    rest: httpx.Client, method: str, path: str, headers: dict[str, str], status: int, answer: str
) -> None:
    response = rest.request(method, path, headers=headers)
    assert (response.status_code, response.text) == (status, answer)
    assert response.headers["content-type"].startswith("text/html")


def test_a_gzipped_body(rest: httpx.Client) -> None:
    plain = body("float", "instances", "[1.5]")
    headers = {"Content-Encoding": "gzip"}
    response = rest.post("/v1/models/toy:predict", content=gzip.compress(plain), headers=headers)
    assert (response.status_code, response.json()) == (200, {"predictions": [1.5]})
    for wrong in (plain, gzip.compress(plain)[:-9]):
        response = rest.post("/v1/models/toy:predict", content=wrong, headers=headers)
        assert response.status_code == 400
        assert response.json()["error"].startswith("The body is not gzip, as Content-Encoding says: ")


def test_a_gzipped_body_is_no_larger_than_any_other(rest: httpx.Client) -> None:
    """A few kilobytes may be gigabytes."""
    large = gzip.compress(b" " * (80 << 20))
    response = rest.post("/v1/models/toy:predict", content=large, headers={"Content-Encoding": "gzip"})
    assert (response.status_code, response.json()) == (413, {"error": "The request has more than 67,108,864 bytes."})


# By signature the tensor sent and the one that came back, as text-proto.
GRPC = [
    ("float", "dtype: DT_FLOAT tensor_shape { dim { size: 2 } } float_val: [1.5, 1.5, 1.5]", "float_val: [1.5, 1.5]"),
    ("double", "dtype: DT_DOUBLE tensor_shape { dim { size: 2 } } double_val: [1, 2, 3]", "double_val: [1, 2]"),
    ("int32", "dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: [3, 3, 3]", "int_val: [3, 3]"),
    ("int64", "dtype: DT_INT64 tensor_shape { dim { size: 2 } } int64_val: [3, 3, 3]", "int64_val: [3, 3]"),
    ("uint8", "dtype: DT_UINT8 tensor_shape { dim { size: 3 } } int_val: 3", "int_val: [3, 3, 3]"),
    ("uint8", "dtype: DT_UINT8 tensor_shape { dim { size: 2 } }", "int_val: [0, 0]"),
    ("int8", "dtype: DT_INT8 tensor_shape { dim { size: 3 } } int_val: -3", "int_val: [-3, -3, -3]"),
    ("int16", "dtype: DT_INT16 tensor_shape { dim { size: 2 } } int_val: [3, 3, 3]", "int_val: [3, 3]"),
    ("uint16", "dtype: DT_UINT16 tensor_shape { dim { size: 3 } } int_val: 3", "int_val: [3, 3, 3]"),
    ("uint32", "dtype: DT_UINT32 tensor_shape { dim { size: 2 } }", "uint32_val: [0, 0]"),
    ("uint64", "dtype: DT_UINT64 tensor_shape { dim { size: 3 } } uint64_val: 3", "uint64_val: [3, 3, 3]"),
    ("half", "dtype: DT_HALF tensor_shape { dim { size: 3 } } half_val: 15360", "half_val: [15360, 15360, 15360]"),
    ("half", "dtype: DT_HALF tensor_shape { dim { } } half_val: 15360", ""),
    ("bfloat16", "dtype: DT_BFLOAT16 tensor_shape { dim { size: 1 } } half_val: 16256", "half_val: 16256"),
    ("bfloat16", "dtype: DT_BFLOAT16 tensor_shape { dim { size: 2 } }", "half_val: [0, 0]"),
    (
        "complex64",
        "dtype: DT_COMPLEX64 tensor_shape { dim { size: 2 } } scomplex_val: [1, 2]",
        "scomplex_val: [1, 2, 1, 2]",
    ),
    ("complex64", "dtype: DT_COMPLEX64 tensor_shape { dim { size: 1 } }", "scomplex_val: [0, 0]"),
    ("string", 'dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: ["a", "b"]', 'string_val: "a"'),
    ("string", r'dtype: DT_STRING tensor_shape { dim { size: 1 } } tensor_content: "\001a"', 'string_val: "a"'),
    # Scalars, whose shape is there and empty.
    ("double", "dtype: DT_DOUBLE double_val: 1.5", "double_val: 1.5"),
    ("int64", "dtype: DT_INT64 int64_val: 3", "int64_val: 3"),
    ("bool", "dtype: DT_BOOL bool_val: true", "bool_val: true"),
    ("half", "dtype: DT_HALF half_val: 15360", "half_val: 15360"),
    ("float", "dtype: DT_FLOAT tensor_shape { dim { size: 1 } unknown_rank: true } float_val: 1", "float_val: 1"),
    ("float", "dtype: DT_FLOAT tensor_shape { unknown_rank: true }", "float_val: 0"),
]


@pytest.mark.parametrize(("signature", "sent", "answer"), GRPC)
def test_over_grpc(address: tuple[str, str], signature: str, sent: str, answer: str) -> None:
    from google.protobuf import text_format
    from tensorflow.core.framework.tensor_pb2 import TensorProto
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "toy", signature
    text_format.Parse(sent, request.inputs["x"])
    expected = text_format.Parse(answer, TensorProto())
    expected.dtype = request.inputs["x"].dtype
    expected.tensor_shape.SetInParent()
    expected.tensor_shape.dim.extend(request.inputs["x"].tensor_shape.dim)
    with grpc.insecure_channel(address[0]) as channel:
        response = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(request, timeout=60)
    assert response.outputs["y"] == expected
    assert response.outputs["y"].HasField("tensor_shape")
