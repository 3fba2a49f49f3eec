"""The client's messages are those of TF Serving, and it does without TensorFlow."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.serving import tensors
from widedeep.serving.client import messages


def test_the_client_imports_no_tensorflow() -> None:
    code = (
        "import sys; from widedeep.serving.client import grpc_transport, ranking_client, rest_transport; "
        "print(*[name for name in ('tensorflow', 'tensorflow_serving', 'pandas', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def _theirs() -> dict[str, Any]:
    from tensorflow.core.framework.tensor_pb2 import TensorProto
    from tensorflow_serving.apis import get_model_metadata_pb2 as metadata
    from tensorflow_serving.apis import predict_pb2 as predict

    return {
        "Tensor": TensorProto,
        "PredictRequest": predict.PredictRequest,
        "PredictResponse": predict.PredictResponse,
        "GetModelMetadataRequest": metadata.GetModelMetadataRequest,
        "GetModelMetadataResponse": metadata.GetModelMetadataResponse,
        "SignatureDefMap": metadata.SignatureDefMap,
    }


def _same_fields(ours: Any, theirs: Any, seen: set[str]) -> None:
    """Each field of ours has the number, type and label of theirs, and so have those of its message."""
    if ours.full_name in seen:
        return
    seen.add(ours.full_name)
    for field in ours.fields:
        other = theirs.fields_by_name[field.name]
        # An enum is a number on the wire.
        kind = field.TYPE_INT32 if other.type == field.TYPE_ENUM else other.type
        own = (field.number, field.type, field.is_repeated)
        assert own == (other.number, kind, other.is_repeated), f"{ours.name}.{field.name}"
        if field.message_type:
            _same_fields(field.message_type, other.message_type, seen)


def test_every_field_is_theirs() -> None:
    seen: set[str] = set()
    for name, theirs in _theirs().items():
        _same_fields(getattr(messages, name).DESCRIPTOR, theirs.DESCRIPTOR, seen)
    assert {f"widedeep.serving.{name}" for name in messages._MESSAGES} <= seen


def test_a_request_is_read_by_theirs() -> None:
    import tensorflow as tf

    ours = messages.PredictRequest(output_filter=["score"])
    ours.model_spec.name = "m"
    ours.model_spec.version.value = 7
    arrays = {
        "text": np.array([[b"a", b"\xff"]], object),
        "number": np.array([[0.5, np.nan]], np.float32),
        "top_k": np.zeros(1, np.int32),
    }
    for name, array in arrays.items():
        tensors.to_proto(array, ours.inputs[name])
    theirs = _theirs()["PredictRequest"].FromString(ours.SerializeToString())
    assert (theirs.model_spec.name, theirs.model_spec.version.value) == ("m", 7)
    assert list(theirs.output_filter) == ["score"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(tf.make_ndarray(theirs.inputs[name]), array)


KINDS = [np.float32, np.float64, np.int32, np.uint8, np.int16, np.int8, np.int64, bool, np.uint32, np.uint64]


@given(st.sampled_from(KINDS), st.lists(st.integers(0, 100)), st.booleans())
def test_arrays_come_back_from_theirs_and_from_ours(kind: Any, values: list[int], one_by_one: bool) -> None:
    import tensorflow as tf

    array = np.array(values, kind)
    theirs = tf.make_tensor_proto(array)
    if one_by_one:  # as TF Serving answers
        theirs.tensor_content = b""
        field = next(kind.field for number, kind in tensors._TYPES.items() if number == theirs.dtype)
        getattr(theirs, field)[:] = array.tolist()
    decoded = tensors.from_proto(messages.Tensor.FromString(theirs.SerializeToString()))
    assert decoded.dtype == array.dtype
    np.testing.assert_array_equal(decoded, array)
    ours = messages.Tensor()
    tensors.to_proto(array, ours)
    np.testing.assert_array_equal(tf.make_ndarray(type(theirs).FromString(ours.SerializeToString())), array)


def test_a_last_value_is_repeated() -> None:
    proto = messages.Tensor(dtype=tensors.FLOAT, float_val=[1, 2])
    for size in (2, 2):
        proto.tensor_shape.dim.add().size = size
    assert tensors.from_proto(proto).tolist() == [[1, 2], [2, 2]]


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="a tensor of type 19 is not supported"):
        tensors.from_proto(messages.Tensor(dtype=19))
