"""Tensors of requests against TensorFlow's own reading; hostile ones; tensors of responses."""

from __future__ import annotations

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

_TYPES = [np.float32, np.float64, np.int32, np.int64, np.uint8, np.int8, np.int16, np.uint32, np.uint64, bool]
_ARRAYS = some.sampled_from(_TYPES).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
)
_STRINGS = arrays.arrays(
    object, arrays.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3), elements=some.binary(max_size=4)
)


def _decode(proto):
    from widedeep.serving.standin.tensor_protos import decode

    return decode(proto, "x")


@settings(deadline=None)  # the first example imports TensorFlow
@given(_ARRAYS | _STRINGS)
def test_an_input_is_read_as_tensorflow_reads_it(array):
    import tensorflow as tf

    proto = tf.make_tensor_proto(array, tf.string if array.dtype == object else None)
    read = _decode(proto)
    np.testing.assert_array_equal(read, array)
    assert (read.dtype, read.shape) == (array.dtype, array.shape)


@settings(deadline=None)  # the first example imports TensorFlow
@given(_ARRAYS | _STRINGS)
def test_an_output_is_written_for_tensorflow_to_read(array):
    import tensorflow as tf

    from widedeep.serving.standin.tensor_protos import encode

    proto = tf.make_tensor_proto(0).__class__()
    encode(array, proto)
    np.testing.assert_array_equal(tf.make_ndarray(proto), array)


def test_scores_are_written_one_by_one_as_tf_serving_does():
    from tensorflow.core.framework.tensor_pb2 import TensorProto

    from widedeep.serving.standin.tensor_protos import encode

    proto = TensorProto()
    encode(np.array([0.5, 0.25], np.float32), proto)
    assert (list(proto.float_val), proto.tensor_content) == ([0.5, 0.25], b"")


def test_values_left_out_repeat_the_last_and_none_at_all_are_zero():
    assert _decode(_proto(1, [3], float_val=[1, 2])).tolist() == [1, 2, 2]
    assert _decode(_proto(1, [2])).tolist() == [0, 0]
    assert _decode(_proto(7, [2])).tolist() == [b"", b""]


def _proto(dtype, shape, **values):
    from tensorflow.core.framework.tensor_pb2 import TensorProto

    proto = TensorProto(dtype=dtype, **values)
    for size in shape:
        proto.tensor_shape.dim.add().size = size
    return proto


@pytest.mark.parametrize(
    ("dtype", "shape", "values"),
    [
        (1, [-1], {"float_val": [1.0]}),
        (1, [1 << 40], {"float_val": [1.0]}),
        (1, [1 << 40], {}),
        (1, [1 << 40, 0, 1 << 40], {}),
        (1, [1] * 100, {"float_val": [1.0]}),
        (1, [2], {"tensor_content": b"123"}),
        (7, [1], {"tensor_content": b"\x02a"}),
        (7, [1], {"tensor_content": b"\x01ab"}),
        (7, [2], {"tensor_content": b"\x01"}),
        (7, [1], {"tensor_content": b"\xff" * 20}),
        (0, [1], {}),
        (20, [1], {}),
        (99, [1], {}),
    ],
)
def test_a_tensor_that_is_none_is_refused(dtype, shape, values):
    from widedeep.serving.standin.errors import ServingError

    with pytest.raises(ServingError) as caught:
        _decode(_proto(dtype, shape, **values))
    assert (caught.value.code.name, caught.value.message) == ("INVALID_ARGUMENT", "tensor parsing error: x")


def test_a_tensor_of_unknown_rank_has_the_shape_that_is_given():
    for shape, expected in (([], 1.0), ([1], [1.0])):
        proto = _proto(1, shape, float_val=[1.0])
        proto.tensor_shape.unknown_rank = True
        assert _decode(proto).tolist() == expected
