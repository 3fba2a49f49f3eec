"""The tf.Examples of a classify or regress request, as strictly as TF Serving, with the same errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorflow.core.example.example_pb2 import Example
from tensorflow.core.example.feature_pb2 import Feature
from tensorflow_serving.apis.input_pb2 import Input

from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.rest.json_text import base64_bytes, clean, fault, is_base64, raw, type_name

_KINDS = {"bytes_list": "bytes", "float_list": "float", "int64_list": "int64", None: "UNKNOWN"}
_INT64, _UINT64 = (-(2**63), 2**63 - 1), 2**64 - 1


def fill(document: Mapping[str, object], target: Input) -> None:
    """Fills a request's input from its `examples` and, where there is one, its `context`.

    Raises:
        ServingError: INVALID_ARGUMENT, where they are missing or of the wrong types.
    """
    examples = target.example_list.examples
    if "context" in document:
        _fill_example(document["context"], target.example_list_with_context.context)
        examples = target.example_list_with_context.examples
    if "examples" not in document:
        raise fault(document, "When method is classify, key 'examples' is expected and was not found")
    given = document["examples"]
    if not isinstance(given, list):
        raise fault(document, "Expecting 'examples' value to be an list/array")
    if not given:
        raise fault(document, "'examples' value is an empty array")
    for example in given:
        _fill_example(example, examples.add())


def _fill_example(value: object, example: Example) -> None:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {type_name(value)}")
    # The object itself, which may have no feature at all, stands in the request.
    example.SetInParent()
    for key, content in value.items():
        name = clean(key)
        feature = example.features.feature[name]
        for element in content if isinstance(content, list) else [content]:
            _add(element, name, feature)


def _add(value: object, name: str, feature: Feature) -> None:
    if isinstance(value, str):
        _of(feature, "bytes_list", name).append(raw(value))
    elif isinstance(value, dict) and is_base64(value):
        _of(feature, "bytes_list", name).append(base64_bytes(value))
    elif isinstance(value, int) and _INT64[0] <= value <= _INT64[1]:  # true is 1
        _of(feature, "int64_list", name).append(int(value))
    elif isinstance(value, int) and 0 <= value <= _UINT64:
        _of(feature, "int64_list", name)
        raise invalid(f"Feature: {name} has uint64_t element. Only int64_t is supported.")
    elif isinstance(value, (int, float)):
        _of(feature, "float_list", name).append(_double(value))
    else:
        raise invalid(f"Feature: {name} has element with unexpected JSON type: {type_name(value)}")


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _of(feature: Feature, kind: str, name: str) -> Any:
    """The values of a feature, which are of one kind."""
    kept = feature.WhichOneof("kind")
    if kept not in (None, kind):
        raise _mixed(name, kept)
    return getattr(feature, kind).value


def _mixed(name: str, kind: str) -> ServingError:
    return invalid(f"Unexpected element type in feature: {name} expecting type: {_KINDS[kind]}")
