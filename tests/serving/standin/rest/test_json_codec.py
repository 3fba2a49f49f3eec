"""JSON requests to TF Serving's messages, and its responses to JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest, ClassificationResult
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.regression_pb2 import RegressionRequest, RegressionResult

from widedeep.serving import tensors
from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.rest import json_codec

SIGNATURE = """
    inputs { key: "x" value { dtype: DT_FLOAT } }
    inputs { key: "name" value { dtype: DT_STRING } }
"""


def signature(name: str) -> SignatureDef:
    if name == "empty":
        return SignatureDef()
    return text_format.Parse(SIGNATURE, SignatureDef())


def predicted(document: Any) -> tuple[PredictRequest, str]:
    request = PredictRequest()
    return request, json_codec.fill_predict(json.dumps(document).encode(), request, signature)


@pytest.mark.parametrize(
    ("document", "written_as"),
    [
        ({"instances": [{"x": 1, "name": "a"}, {"x": 2, "name": "b"}]}, "instances"),
        ({"inputs": {"x": [1, 2], "name": ["a", "b"]}}, "inputs"),
    ],
)
def test_both_formats_make_the_same_request(document: Any, written_as: str) -> None:
    request, format_ = predicted({"signature_name": "mine", **document})
    assert format_ == written_as
    assert request.model_spec.signature_name == "mine"
    assert sorted(request.inputs) == ["name", "x"]
    assert tensors.from_proto(request.inputs["x"]).tolist() == [1, 2]
    assert tensors.from_proto(request.inputs["name"]).tolist() == [b"a", b"b"]


QUOTED = 'JSON Value: {\n    "%s": %s\n} '


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"signature_name": 5},
            QUOTED % ("signature_name", 5) + "not formatted correctly. 'signature_name' key must be a string value.",
        ),
        ({"signature_name": "empty"}, "Failed to get input map for signature: empty"),
        ({}, "Missing 'inputs' or 'instances' key"),
        ({"instances": 1}, QUOTED % ("instances", 1) + "Expecting 'instances' to be an list/array"),
        ({"instances": []}, QUOTED % ("instances", "[]") + "No values in 'instances' array"),
        (
            {"inputs": 1, "instances": 2},
            'JSON Value: {\n    "inputs": 1,\n    "instances": 2\n} Not formatted correctly expecting only one of '
            "'inputs' or 'instances' keys to exist ",
        ),
    ],
)
def test_a_predict_request_that_is_none(document: Any, message: str) -> None:
    with pytest.raises(ServingError) as caught:
        predicted(document)
    assert (caught.value.code.name, caught.value.message) == ("INVALID_ARGUMENT", message)


def test_an_error_of_the_signature_is_passed_on() -> None:
    def none(name: str) -> SignatureDef:
        raise ServingError(json_codec.invalid("").code, f"no {name or 'default'}")

    with pytest.raises(ServingError, match="no default"):
        json_codec.fill_predict(b'{"inputs": 1}', PredictRequest(), none)


def test_outputs_by_format() -> None:
    response = PredictResponse()
    tensors.to_proto(np.array([0.5, 0.25], np.float32), response.outputs["score"])
    assert json_codec.predict_response(response, "instances") == b'{"predictions": [0.5, 0.25]}'
    assert json_codec.predict_response(response, "inputs") == b'{"outputs": [0.5, 0.25]}'
    tensors.to_proto(np.array([b"\xc3\xa4", b"b"], object), response.outputs["name"])
    assert json_codec.predict_response(response, "instances").decode() == (
        '{"predictions": [{"name": "\N{LATIN SMALL LETTER A WITH DIAERESIS}", "score": 0.5}, '
        '{"name": "b", "score": 0.25}]}'
    )


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ("", "Cannot convert empty tensor map to JSON"),
        (
            'outputs { key: "c" value { dtype: DT_COMPLEX64 tensor_shape { dim { size: 1 } } } }',
            "Failed to write JSON value for tensor type: complex64",
        ),
    ],
)
def test_outputs_that_are_no_json(response: str, message: str) -> None:
    with pytest.raises(ServingError) as caught:
        json_codec.predict_response(text_format.Parse(response, PredictResponse()), "inputs")
    assert (caught.value.code.name, caught.value.message) == ("INVALID_ARGUMENT", message)


EXAMPLES = """{
    "signature_name": "custom",
    %s
    "examples": [
        {"names": ["foo", "bar"], "ratings": [8.0, 9.5, NaN, Infinity], "age": 20},
        {"names": ["baz", {"b64": "aGVsbG8="}], "ratings": -Infinity, "mixed": [1, true, false], "none": []}
    ]}"""
EXPECTED = """
    %s {
        examples { features {
            feature { key: "names" value { bytes_list { value: "foo" value: "bar" } } }
            feature { key: "ratings" value { float_list { value: 8 value: 9.5 value: nan value: inf } } }
            feature { key: "age" value { int64_list { value: 20 } } }
        } }
        examples { features {
            feature { key: "names" value { bytes_list { value: "baz" value: "hello" } } }
            feature { key: "ratings" value { float_list { value: -inf } } }
            feature { key: "mixed" value { int64_list { value: 1 value: 1 value: 0 } } }
            feature { key: "none" value { } }
        } }
        %s
    }"""
CONTEXT = """context { features {
    feature { key: "query" value { bytes_list { value: "pizza" } } }
    feature { key: "location" value { bytes_list { value: "sfo" } } }
} }"""


@pytest.mark.parametrize("kind", [ClassificationRequest, RegressionRequest])
@pytest.mark.parametrize(
    ("given", "field", "context"),
    [
        ("", "example_list", ""),
        ('"context": {"query": "pizza", "location": ["sfo"]},', "example_list_with_context", CONTEXT),
    ],
)
def test_examples(kind: Any, given: str, field: str, context: str) -> None:
    request, expected = kind(), kind()
    expected.model_spec.signature_name = "custom"
    text_format.Parse(EXPECTED % (field, context), expected.input)
    json_codec.fill_examples((EXAMPLES % given).encode(), request)
    # As text, since NaN is not equal to itself.
    assert text_format.MessageToString(request) == text_format.MessageToString(expected)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"signature_name": ["a"], "examples": [{}]},
            'JSON Value: {\n    "signature_name": ["a"],\n    "examples": [{}]\n} not formatted correctly. '
            "'signature_name' key must be a string value.",
        ),
        ({"context": [{}]}, "Example must be JSON object but got JSON Array"),
        (
            {"context": {}},
            QUOTED % ("context", "{}") + "When method is classify, key 'examples' is expected and was not found",
        ),
        ({"examples": {}}, QUOTED % ("examples", "{}") + "Expecting 'examples' value to be an list/array"),
        ({"examples": []}, QUOTED % ("examples", "[]") + "'examples' value is an empty array"),
        ({"examples": [[{"a": 1}]]}, "Example must be JSON object but got JSON Array"),
        ({"examples": [{"a": [10, None]}]}, "Feature: a has element with unexpected JSON type: Null"),
        ({"examples": [{"a": [10, 10.5]}]}, "Unexpected element type in feature: a expecting type: int64"),
        ({"examples": [{"a": ["x", 1]}]}, "Unexpected element type in feature: a expecting type: bytes"),
        ({"examples": [{"a": [0.5, 1]}]}, "Unexpected element type in feature: a expecting type: float"),
        ({"examples": [{"a": [10, {"test": 10}]}]}, "Feature: a has element with unexpected JSON type: Object"),
        ({"examples": [{"a": [[10], 20]}]}, "Feature: a has element with unexpected JSON type: Array"),
        (
            {"examples": [{"a": [20, 18446744073709551603]}]},
            "Feature: a has uint64_t element. Only int64_t is supported.",
        ),
        ({"examples": [{"a": {"b64": "*"}}]}, "Unable to base64 decode"),
    ],
)
def test_examples_that_are_none(document: Any, message: str) -> None:
    with pytest.raises(ServingError) as caught:
        json_codec.fill_examples(json.dumps(document).encode(), RegressionRequest())
    assert (caught.value.code.name, caught.value.message) == ("INVALID_ARGUMENT", message)


def test_a_number_beyond_64_bits_is_a_float() -> None:
    request = RegressionRequest()
    json_codec.fill_examples(b'{"examples": [{"a": [18446744073709551616, 1e300]}]}', request)
    [example] = request.input.example_list.examples
    assert list(example.features.feature["a"].float_list.value) == [2.0**64, float("inf")]


def test_results() -> None:
    classes = text_format.Parse(
        """classifications { classes { label: "car" score: 0.2 } classes { label: "" score: 0.7 } }
        classifications { classes { label: "bus" score: inf } }""",
        ClassificationResult(),
    )
    assert json_codec.classify_response(classes) == b'{"results": [[["car", 0.2], ["", 0.7]], [["bus", Infinity]]]}'
    numbers = text_format.Parse("regressions { value: 0.2 } regressions { value: nan }", RegressionResult())
    assert json_codec.regress_response(numbers) == b'{"results": [0.2, NaN]}'


def test_no_results_are_an_error() -> None:
    with pytest.raises(ServingError, match="Cannot convert empty ClassificationResults to JSON"):
        json_codec.classify_response(ClassificationResult())
    with pytest.raises(ServingError, match="Cannot convert empty RegressionResults to JSON"):
        json_codec.regress_response(RegressionResult())


def test_the_status_of_the_documentation() -> None:
    response = text_format.Parse(
        "model_version_status { version: 123 state: AVAILABLE status { error_code: OK } }", GetModelStatusResponse()
    )
    status = {"error_code": "OK", "error_message": ""}
    assert json.loads(json_codec.status(response)) == {
        "model_version_status": [{"version": "123", "state": "AVAILABLE", "status": status}]
    }


def test_an_error_is_json_whatever_its_text() -> None:
    assert json.loads(json_codec.error('Bad key: "key" \udcff')) == {"error": 'Bad key: "key" ?'}
