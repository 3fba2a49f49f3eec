"""JSON to arrays: TF Serving's documented formats, its errors, and laws."""

from __future__ import annotations

import json
import math
from typing import Any

import grpc
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep.serving import tensors
from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.rest import json_inputs
from widedeep.serving.standin.rest.json_tensors import Input, tensor

FLOAT = Input(tensors.FLOAT, "float")
DOUBLE = Input(tensors.DOUBLE, "double")
INT32 = Input(tensors.INT32, "int32")
STRING = Input(tensors.STRING, "string")
DOCUMENTED = {"sensor": FLOAT, "signal": INT32, "tag": STRING}


def refused(function: Any, *given: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(ServingError) as caught:
        function(*given)
    return caught.value.code, caught.value.message


def invalid(message: str) -> tuple[grpc.StatusCode, str]:
    return grpc.StatusCode.INVALID_ARGUMENT, message


def assert_same(array: Any, dtype: Any, values: Any) -> None:
    assert array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(array, np.array(values, dtype))


def test_rows_of_the_documentation() -> None:
    rows = [
        {"tag": "foo", "signal": [1, 2, 3, 4, 5], "sensor": [[1, 2], [3, 4]]},
        {"tag": "bar", "signal": [3, 4, 1, 2, 5], "sensor": [[4, 5], [6, 8]]},
    ]
    arrays = json_inputs.instances(rows, DOCUMENTED)
    assert_same(arrays["tag"], object, [b"foo", b"bar"])
    assert_same(arrays["signal"], np.int32, [[1, 2, 3, 4, 5], [3, 4, 1, 2, 5]])
    assert_same(arrays["sensor"], np.float32, [[[1, 2], [3, 4]], [[4, 5], [6, 8]]])


def test_columns_of_the_documentation() -> None:
    value = {
        "tag": ["foo", "bar"],
        "signal": [[1, 2, 3, 4, 5], [3, 4, 1, 2, 5]],
        "sensor": [[[1, 2], [3, 4]], [[4, 5], [6, 8]]],
        "unknown": "is ignored",
    }
    arrays = json_inputs.columns(value, DOCUMENTED)
    assert sorted(arrays) == ["sensor", "signal", "tag"]
    assert_same(arrays["tag"], object, [b"foo", b"bar"])
    assert_same(arrays["signal"], np.int32, value["signal"])
    assert_same(arrays["sensor"], np.float32, value["sensor"])


def test_an_only_input_needs_no_name() -> None:
    assert_same(json_inputs.instances(["foo", "bar", "baz"], {"a": STRING})["a"], object, [b"foo", b"bar", b"baz"])
    assert_same(json_inputs.instances([[[1, 2]], [[3, 4]]], {"a": FLOAT})["a"], np.float32, [[[1, 2]], [[3, 4]]])
    assert_same(json_inputs.columns([[1, 2], [3, 4]], {"a": INT32})["a"], np.int32, [[1, 2], [3, 4]])
    assert_same(json_inputs.columns(7, {"a": INT32})["a"], np.int32, 7)


def test_base64_is_bytes() -> None:
    # The documentation's own: base64 of "image bytes".
    value = {"b64": "aW1hZ2UgYnl0ZXM="}
    assert_same(json_inputs.instances([value, "text"], {"a": STRING})["a"], object, [b"image bytes", b"text"])
    assert_same(json_inputs.instances([{"a": value}], {"a": STRING})["a"], object, [b"image bytes"])
    assert_same(json_inputs.columns(value, {"a": STRING})["a"], object, b"image bytes")
    assert_same(tensor([{"b64": "/+8"}], STRING), object, [b"\xff\xef"])  # without its padding


def test_numbers_without_end() -> None:
    array = tensor(json.loads("[1.0, NaN, -Infinity, Infinity, 3]"), FLOAT)
    assert_same(array, np.float32, [1, math.nan, -math.inf, math.inf, 3])
    assert_same(tensor([3.5e38, 1e-50, 2**100], FLOAT), np.float32, [math.inf, 0, 2.0**100])


def test_a_whole_number_loses_precision_in_32_bits_as_documented() -> None:
    assert tensor(1435774380, FLOAT) == np.float32(1435774336)


@pytest.mark.parametrize(
    ("dtype", "name", "values", "expected"),
    [
        (tensors.INT64, np.int64, [-(2**63), 2**63 - 1], [-(2**63), 2**63 - 1]),
        (tensors.UINT32, np.uint32, [0, 2**32 - 1], [0, 2**32 - 1]),
        (tensors.UINT64, np.uint64, [0, 2**64 - 1], [0, 2**64 - 1]),
        (tensors.BOOL, bool, [True, False], [True, False]),
        (tensors.DOUBLE, np.float64, [0.1, 10**300], [0.1, 1e300]),
        # Any int32 is taken and wraps around: 300 - 256 and 200 - 256.
        (tensors.UINT8, np.uint8, [300, -1], [44, 255]),
        (tensors.INT8, np.int8, [200, 5], [-56, 5]),
        (tensors.INT16, np.int16, [40000, 5], [-25536, 5]),
    ],
)
def test_each_type(dtype: int, name: Any, values: list[Any], expected: list[Any]) -> None:
    assert_same(tensor(values, Input(dtype, "any")), name, expected)


NAMED = {"i": INT32, "s": STRING}


@pytest.mark.parametrize(
    ("rows", "inputs", "message"),
    [
        (
            [1, 2],
            NAMED,
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map",
        ),
        ([{"i": 1, "s": "a"}, [1]], NAMED, "Expecting object but got list at item 1 of input list"),
        (["a", {"s": "a"}], {"s": STRING}, "Expecting value/list but got object at item 1 of input list"),
        (
            [[1, 2], [3, 4], [5, 6, 7]],
            {"i": INT32},
            "Failed to process element: 2 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting tensor size: 2 but got: 3",
        ),
        (
            [[1, 2], [3, 4], [[5, 6]]],
            {"i": INT32},
            "Failed to process element: 2 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting shape [2] but got: [1,2]",
        ),
        (
            [1, [1]],
            {"i": INT32},
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting shape [] but got: [1]",
        ),
        (
            [[1, 2], ["a", "b"]],
            {"i": INT32},
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            'JSON Value: "a" Type: String is not of expected type: int32',
        ),
        (
            [{"i": 1, "s": "a"}, {"i": 1, "s": "a", "x": 2}],
            NAMED,
            "Failed to process element: 1 key: x of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON object: does not have named input: x",
        ),
        (
            [{"i": 1, "s": "a"}, {"i": 1}],
            NAMED,
            "Failed to process element: 1 of 'instances' list. JSON object: {\n    \"i\": 1\n} keys must be equal to: "
            "i,s",
        ),
        (
            [{"i": [[1, 2], [3]], "s": "a"}],
            NAMED,
            "Failed to process element: 0 key: i of 'instances' list. Error: INVALID_ARGUMENT: "
            "Encountered list at unexpected size: 1 at level: 1 expected size: 2",
        ),
        (
            [{"i": 1, "s": "a"}, {"i": 1, "s": None}],
            NAMED,
            "Failed to process element: 1 key: s of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON Value: null Type: Null is not of expected type: string",
        ),
        (
            [0.5],
            {"h": Input(19, "half")},
            "Failed to process element: 0 of 'instances' list. Error: UNIMPLEMENTED: "
            "Conversion of JSON Value: 0.5 to type: half",
        ),
    ],
)
def test_rows_that_do_not_fit(rows: list[Any], inputs: dict[str, Input], message: str) -> None:
    assert refused(json_inputs.instances, rows, inputs) == invalid(message)


@pytest.mark.parametrize(
    ("value", "inputs", "message"),
    [
        (
            [1],
            NAMED,
            "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
            "tensorinfo_map",
        ),
        ({"i": 1}, NAMED, "Missing named input: s in 'inputs' object."),
        ({}, {"i": INT32}, "Missing named input: i in 'inputs' object."),
        ([[1], 2], {"i": INT32}, "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"),
        ([1, [2]], {"i": INT32}, "Encountered list at unexpected level: 1 expected < 1"),
        ([[1], [2, 3]], {"i": INT32}, "Encountered list at unexpected size: 2 at level: 1 expected size: 1"),
        ([1.0], {"i": INT32}, "JSON Value: 1.0 Type: Number is not of expected type: int32"),
        ([2**31], {"i": INT32}, "JSON Value: 2147483648 Type: Number is not of expected type: int32"),
        ([True], {"i": INT32}, "JSON Value: true Type: True is not of expected type: int32"),
        (["1"], {"f": FLOAT}, 'JSON Value: "1" Type: String is not of expected type: float'),
        ([None], {"f": FLOAT}, "JSON Value: null Type: Null is not of expected type: float"),
        ([1], {"b": Input(tensors.BOOL, "bool")}, "JSON Value: 1 Type: Number is not of expected type: bool"),
        ([-1], {"u": Input(tensors.UINT64, "uint64")}, "JSON Value: -1 Type: Number is not of expected type: uint64"),
        ([5], {"s": STRING}, "JSON Value: 5 Type: Number is not of expected type: string"),
        (
            {"f": [{"a": 1}]},
            {"f": FLOAT},
            'JSON Value: {\n    "a": 1\n} Type: Object is not of expected type: float',
        ),
        ([{"b64": 5}], {"s": STRING}, 'JSON Value: {\n    "b64": 5\n} not formatted correctly for base64 data'),
        (
            [{"b64": "aa", "x": [1, 2]}],
            {"s": STRING},
            'JSON Value: {\n    "b64": "aa",\n    "x": [1, 2]\n} not formatted correctly for base64 data',
        ),
        ([{"b64": "a*b="}], {"s": STRING}, "Unable to base64 decode"),
        (["\ud800"], {"s": STRING}, "JSON Parse error: The surrogate pair in string is invalid."),
    ],
)
def test_columns_that_do_not_fit(value: Any, inputs: dict[str, Input], message: str) -> None:
    assert refused(json_inputs.columns, value, inputs) == invalid(message)


def test_a_type_that_json_does_not_have() -> None:
    message = "Conversion of JSON Value: 0.5 to type: half"
    assert refused(json_inputs.columns, [0.5], {"h": Input(19, "half")}) == (grpc.StatusCode.UNIMPLEMENTED, message)


def test_more_dimensions_than_an_array_has() -> None:
    value: Any = 1
    for _ in range(65):
        value = [value]
    assert refused(tensor, value, INT32) == invalid("JSON Parse error: The document is nested too deeply.")


VALUES = {
    tensors.FLOAT: st.floats(width=32, allow_subnormal=False),
    tensors.INT32: st.integers(-(2**31), 2**31 - 1),
    tensors.INT64: st.integers(-(2**63), 2**63 - 1),
    tensors.STRING: st.text(st.characters(exclude_categories=["Cs"])),
    tensors.BOOL: st.booleans(),
}


@st.composite
def nested(draw: Any) -> tuple[int, Any, tuple[int, ...]]:
    dtype = draw(st.sampled_from(sorted(VALUES)))
    shape = tuple(draw(st.lists(st.integers(1, 3), max_size=3)))
    flat = draw(st.lists(VALUES[dtype], min_size=math.prod(shape), max_size=math.prod(shape)))
    value: Any = flat
    for size in reversed(shape):
        value = [value[size * at : size * (at + 1)] for at in range(len(value) // size)]
    return dtype, value[0], shape


@given(nested())
def test_nesting_is_the_shape_and_order_is_kept(nested: tuple[int, Any, tuple[int, ...]]) -> None:
    dtype, value, shape = nested
    array = tensor(json.loads(json.dumps(value)), Input(dtype, "any"))
    assert array.shape == shape
    back = [member.decode() for member in array.ravel()] if dtype == tensors.STRING else array.ravel().tolist()
    flat = value
    for _ in shape[1:]:
        flat = [member for members in flat for member in members]
    # As text: NaN is not equal to itself.
    assert [repr(member) for member in back] == [repr(member) for member in (flat if shape else [flat])]


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "b64"]), inner, max_size=2),
    max_leaves=6,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(["a", "b"]), JSONS, min_size=1) | JSONS, min_size=1, max_size=4)


def outcome(function: Any, *given: Any) -> Any:
    try:
        arrays = function(*given)
    except ServingError as error:
        return error.code, error.message
    return {name: (array.dtype, array.shape, array.tolist()) for name, array in arrays.items()}


@settings(max_examples=500)
@given(ROWS, st.sampled_from([{"a": FLOAT}, {"a": STRING}, {"a": INT32, "b": STRING}, {"b64": STRING}]))
def test_all_rows_at_once_are_the_rows_row_by_row(rows: list[Any], inputs: dict[str, Input]) -> None:
    try:
        fast = outcome(lambda: json_inputs._at_once(rows, inputs))
    except ServingError:
        return
    if isinstance(fast, dict):
        np.testing.assert_equal(fast, outcome(json_inputs._row_by_row, rows, inputs))
