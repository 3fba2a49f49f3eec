"""Arrays to JSON: TF Serving's digits and formats, and that all comes back."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.rest import json_results


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.2, "0.2"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (9000000.0, "9e+06"),
        (0.00003, "3e-05"),
        # Six digits do not tell it from its neighbours.
        (0.30000001192092896, "0.3"),
        (0.3000000417232513, "0.300000042"),
        (16777217.0 - 1, "16777216.0"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_digits_of_32_bits(value: float, text: str) -> None:
    assert json_results.decimals(np.array([value], np.float32)) == [text]


def test_digits_of_64_bits() -> None:
    assert json_results.decimals(np.array([0.1, 1 / 3])) == ["0.1", "0.33333333333333331"]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_number_comes_back(kind: Any) -> None:
    @given(st.lists(st.floats(width=32 if kind is np.float32 else 64)))
    def law(values: list[float]) -> None:
        array = np.array(values, kind)
        back = json.loads(f"[{', '.join(json_results.decimals(array))}]")
        np.testing.assert_array_equal(np.array(back, kind), array)

    law()


def test_one_output_has_no_name() -> None:
    halves = {"y": np.array([3.5, 4, 5.5], np.float32)}
    assert json_results.rows(halves) == '{"predictions": [3.5, 4.0, 5.5]}'
    assert json_results.columns(halves) == '{"outputs": [3.5, 4.0, 5.5]}'
    assert json_results.columns({"y": np.array(7, np.int32)}) == '{"outputs": 7}'


def test_several_outputs_are_objects() -> None:
    outputs = {
        "classes": np.array([[b"a", b"b"], [b"c", b'"\n']], object),
        "flag": np.array([True, False]),
        "raw_bytes": np.array([b"\xff", b""], object),
    }
    assert json.loads(json_results.rows(outputs)) == {
        "predictions": [
            {"classes": ["a", "b"], "flag": True, "raw_bytes": {"b64": "/w=="}},
            {"classes": ["c", '"\n'], "flag": False, "raw_bytes": {"b64": ""}},
        ]
    }
    assert json.loads(json_results.columns(outputs)) == {
        "outputs": {
            "classes": [["a", "b"], ["c", '"\n']],
            "flag": [True, False],
            "raw_bytes": [{"b64": "/w=="}, {"b64": ""}],
        }
    }


@pytest.mark.parametrize(
    ("shape", "value"), [((0,), []), ((2, 0), [[], []]), ((0, 3), []), ((1, 2, 0), [[[], []]]), ((1, 2, 2), None)]
)
def test_shapes_are_lists(shape: tuple[int, ...], value: Any) -> None:
    array = np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
    expected = array.tolist() if value is None else value
    assert json.loads(json_results.columns({"y": array})) == {"outputs": expected}
    assert json.loads(json_results.rows({"y": array})) == {"predictions": expected}


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"a": np.array(1.0)}, "Tensor name: a has no shape information "),
        (
            {"a": np.zeros([2, 1]), "b": np.zeros([3])},
            "Tensor name: b has inconsistent batch size: 3 expecting: 2",
        ),
    ],
)
def test_rows_need_one_first_dimension(outputs: Any, message: str) -> None:
    with pytest.raises(ServingError) as caught:
        json_results.rows(outputs)
    assert (caught.value.code.name, caught.value.message) == ("INVALID_ARGUMENT", message)


def test_text_that_is_no_utf8_goes_out_as_it_came() -> None:
    assert json_results.string(b"\xff\xc3\xa4").encode("utf-8", "surrogateescape") == b'"\xff\xc3\xa4"'
