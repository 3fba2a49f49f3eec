"""TF Serving's JSON for requests and responses: text to its messages and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

import numpy as np
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from tensorflow.core.framework.types_pb2 import DataType
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest, ClassificationResult
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataResponse, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.regression_pb2 import RegressionRequest, RegressionResult

from widedeep.serving import tensors
from widedeep.serving.standin.errors import invalid
from widedeep.serving.standin.rest import json_examples, json_inputs, json_results
from widedeep.serving.standin.rest.json_document import parse
from widedeep.serving.standin.rest.json_tensors import Input
from widedeep.serving.standin.rest.json_text import clean, fault

Format = Literal["instances", "inputs"]
Classified = TypeVar("Classified", ClassificationRequest, RegressionRequest)


def fill_predict(body: bytes, request: PredictRequest, signature: Callable[[str], SignatureDef]) -> Format:
    """Fills a request from JSON, and tells in which format its response is to be written.

    Args:
        body: the JSON.
        request: with the model's name and version.
        signature: finds a signature of it by name, where "" is the default.

    Raises:
        ServingError: as `signature`; INVALID_ARGUMENT, where the JSON does not fit.
    """
    document = parse(body)
    name = _signature_name(document)
    request.model_spec.signature_name = name
    signature_def = signature(name)
    inputs = {key: Input(info.dtype, _type(info.dtype)) for key, info in sorted(signature_def.inputs.items())}
    if not inputs:
        raise invalid(f"Failed to get input map for signature: {name or 'DEFAULT'}")
    if "instances" in document and "inputs" in document:
        raise fault(document, "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ")
    if "instances" in document:
        rows = document["instances"]
        if not isinstance(rows, list):
            raise fault(document, "Expecting 'instances' to be an list/array")
        if not rows:
            raise fault(document, "No values in 'instances' array")
        arrays = json_inputs.instances(rows, inputs)
    elif "inputs" in document:
        arrays = json_inputs.columns(document["inputs"], inputs)
    else:
        raise invalid("Missing 'inputs' or 'instances' key")
    for key, array in arrays.items():
        tensors.to_proto(array, request.inputs[key])
    return "instances" if "instances" in document else "inputs"


def predict_response(response: PredictResponse, written_as: Format) -> bytes:
    """A response in the format of its request.

    Raises:
        ServingError: INVALID_ARGUMENT, where an output can't be written as JSON.
    """
    if not response.outputs:
        raise invalid("Cannot convert empty tensor map to JSON")
    arrays = {}
    for name, proto in sorted(response.outputs.items()):
        if tensors.numpy_type(proto.dtype) is None:
            raise invalid(f"Failed to write JSON value for tensor type: {_type(proto.dtype)}")
        arrays[name] = tensors.from_proto(proto)
    return _encoded(json_results.rows(arrays) if written_as == "instances" else json_results.columns(arrays))


def fill_examples(body: bytes, request: Classified) -> None:
    """Fills a classification or regression request, which has the model's name and version.

    Raises:
        ServingError: INVALID_ARGUMENT, where the JSON does not fit.
    """
    document = parse(body)
    request.model_spec.signature_name = _signature_name(document)
    json_examples.fill(document, request.input)


def classify_response(result: ClassificationResult) -> bytes:
    """{"results": [...]}, for each example its pairs of label and score."""
    if not result.classifications:
        raise invalid("Cannot convert empty ClassificationResults to JSON")
    return _encoded(
        json_results.results(
            [
                json_results.listed(
                    [
                        json_results.listed([json_results.string(label.encode()), score])
                        for label, score in zip(
                            [pair.label for pair in example.classes],
                            _decimals([pair.score for pair in example.classes]),
                            strict=True,
                        )
                    ]
                )
                for example in result.classifications
            ]
        )
    )


def regress_response(result: RegressionResult) -> bytes:
    """{"results": [...]}, for each example its number."""
    if not result.regressions:
        raise invalid("Cannot convert empty RegressionResults to JSON")
    return _encoded(json_results.results(_decimals([regression.value for regression in result.regressions])))


def status(response: GetModelStatusResponse) -> bytes:
    """GetModelStatusResponse as JSON."""
    return _indented(_plain(response))


def metadata(response: GetModelMetadataResponse) -> bytes:
    """GetModelMetadataResponse as JSON, its signatures not as an Any, but as what is in it."""
    signatures = SignatureDefMap()
    response.metadata["signature_def"].Unpack(signatures)
    return _indented(
        {"model_spec": _plain(response.model_spec), "metadata": {"signature_def": _plain(signatures)}},
    )


def error(message: str) -> bytes:
    """{"error": "..."}."""
    return _encoded(json.dumps({"error": clean(message)}, ensure_ascii=False))


def _signature_name(document: Mapping[str, object]) -> str:
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise fault(document, "not formatted correctly. 'signature_name' key must be a string value.")
    return clean(name)


def _type(dtype: int) -> str:
    """A type as TensorFlow names it in messages: "float", "half"."""
    return DataType.Name(dtype).removeprefix("DT_").lower() if dtype in DataType.values() else str(dtype)


def _decimals(values: list[float]) -> list[str]:
    return json_results.decimals(np.array(values, np.float32))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _plain(message: Message) -> Mapping[str, object]:
    return MessageToDict(message, always_print_fields_with_no_presence=True, preserving_proto_field_name=True)


def _indented(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, indent=1).encode()
