"""Products in bfloat16 against their definition in NumPy, where they are taken, and what is said of processors."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.trainer.model import precision
from widedeep.components.trainer.model.hidden_layers import HiddenLayers
from widedeep.components.trainer.training_options import DeepOptions

# 8 significant bits: from one number to the next it is at most 2^-7 of it. TensorFlow may cut the rest off.
STEP = 2.0**-7
AT = tf.constant([1, 0], tf.int64)


def layers(width: int, **options: Any) -> HiddenLayers:
    made = HiddenLayers(width, DeepOptions.model_validate(options), 1, tf.random.Generator.from_seed(1))
    random = np.random.default_rng(2)
    for variable in made.trainable:
        variable.assign(variable + random.normal(0, 0.1, variable.shape))
    return made


def rounded(values: np.ndarray) -> np.ndarray:
    """The nearest numbers of bfloat16, as float64."""
    return np.asarray(values, np.float32).astype(ml_dtypes.bfloat16).astype(np.float64)


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape) + shape[0]).normal(size=shape).astype(np.float32)


def operations(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    graph = tf.function(function, autograph=False).get_concrete_function(*arguments).graph
    return list(graph.get_operations())


def in_bfloat16(made: list[Any], kind: str) -> int:
    return sum(each.type == kind and each.outputs[0].dtype == tf.bfloat16 for each in made)


def test_a_product_is_that_of_rounded_numbers():
    rows, kernel = normal(40, 300), tf.Variable(normal(300, 20))
    product = precision.bfloat16_product(tf.constant(rows), kernel)
    exact = rounded(rows) @ rounded(kernel.numpy())
    assert product.dtype == tf.float32
    np.testing.assert_allclose(product, exact, rtol=STEP, atol=1e-5)
    # As in bfloat16, and not as in float32.
    assert (rounded(product.numpy()) == product.numpy()).all()


def test_its_gradients_are_such_products_in_float32():
    rows, kernel, back = tf.constant(normal(40, 30)), tf.Variable(normal(30, 20)), normal(40, 20)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        loss = tf.reduce_sum(precision.bfloat16_product(rows, kernel) * back)
    to_rows, to_kernel = tape.gradient(loss, (rows, kernel))
    assert {to_rows.dtype, to_kernel.dtype} == {tf.float32}
    np.testing.assert_allclose(to_rows, rounded(back) @ rounded(kernel.numpy()).T, rtol=STEP, atol=1e-5)
    np.testing.assert_allclose(to_kernel, rounded(rows.numpy()).T @ rounded(back), rtol=STEP, atol=1e-5)


def test_in_training_a_hidden_layer_is_of_a_rounded_product_and_the_last_is_not():
    made, rows = layers(30, hidden=[16], precision="bfloat16"), normal(50, 30)
    (kernel, last), (bias, last_bias) = ([each.numpy() for each in part] for part in (made.kernels, made.biases))
    product = rounded(rows) @ rounded(kernel)
    expected = np.maximum(product + bias, 0) @ last + last_bias
    bound = STEP * np.abs(product) @ np.abs(last) + 1e-5
    assert (np.abs(made(tf.constant(rows), AT) - expected) <= bound).all()
    assert np.median(bound) < 0.05 * expected.std()


def test_what_predicts_is_float32_bit_for_bit():
    rows = tf.constant(normal(50, 30))
    narrow, whole = (layers(30, hidden=[16, 8], precision=of) for of in ("bfloat16", "float32"))
    assert (narrow(rows, None).numpy() == whole(rows, None).numpy()).all()
    assert (narrow(rows, AT).numpy() != whole(rows, AT).numpy()).any()
    columns = [[*range(10)], [*range(10, 30)]]
    split = [made.split(columns)(rows[:1], rows, tf.constant(50, tf.int64)) for made in (narrow, whole)]
    assert (split[0].numpy() == split[1].numpy()).all()
    assert not any(in_bfloat16(operations(lambda r, m=m: m(r, None), rows), "MatMul") for m in (narrow, whole))


def test_products_are_all_that_is_in_bfloat16():
    made = layers(30, hidden=[16, 8], precision="bfloat16", products=False)

    def gradients(rows: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([rows, *made.trainable])
            loss = tf.reduce_sum(made(rows, AT))
        return tape.gradient(loss, [rows, *made.trainable])

    found = operations(gradients, tf.constant(normal(50, 30)))
    # Of two layers, forth and, for rows and kernel, back; the last layer's three are in float32.
    assert in_bfloat16(found, "MatMul") == 6
    assert sum(each.type == "MatMul" for each in found) == 9
    narrow = {each.type for each in found if each.outputs and each.outputs[0].dtype == tf.bfloat16}
    assert narrow == {"MatMul", "Cast"}
    assert all(variable.dtype == tf.float32 for variable in made.variables)


def test_by_default_the_graph_is_that_of_the_formula():
    made, rows = layers(30, hidden=[16, 8]), tf.constant(normal(50, 30))

    def formula(rows: tf.Tensor) -> tf.Tensor:
        for kernel, bias in zip(made.kernels[:-1], made.biases[:-1], strict=True):
            rows = tf.nn.relu(tf.add(rows @ kernel, bias))
        return tf.add(rows @ made.kernels[-1], made.biases[-1])

    ours, theirs = operations(lambda rows: made(rows, AT), rows), operations(formula, rows)
    assert Counter(each.type for each in ours) == Counter(each.type for each in theirs)
    assert not any(tensor.dtype == tf.bfloat16 for each in ours for tensor in each.outputs)


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("fpu avx2 avx512f avx512_bf16 la57", True),
        ("fpu avx512f amx_bf16 amx_tile", True),
        ("fpu avx2 avx512f avx512_vnni", False),
        ("fpu notavx512_bf16", False),
    ],
)
def test_a_processor_s_flags_tell(tmp_path: Path, flags: str, has: bool) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(f"processor\t: 0\nmodel name\t: amx_bf16\nflags\t\t: {flags}\nbugs\t\t: spectre_v1\n")
    assert precision.multiplies_bfloat16(str(file)) is has


def test_without_flags_there_are_no_instructions(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nFeatures\t: fp asimd bf16\n")
    assert not precision.multiplies_bfloat16(str(file))
    assert not precision.multiplies_bfloat16(str(tmp_path / "none"))


def test_a_processor_without_them_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    slow, fast = tmp_path / "slow", tmp_path / "fast"
    slow.write_text("flags\t: fpu avx2\n")
    fast.write_text("flags\t: fpu avx2 avx512_bf16\n")
    with caplog.at_level(logging.WARNING):
        for file in (fast, slow, slow):
            precision.warn_where_slow(str(file))
    assert [record.getMessage() for record in caplog.records] == [
        "training.deep.precision is bfloat16, and this processor has neither AVX512_BF16 nor AMX_BF16: the layers' "
        "products take longer than in float32. Leave it out, or train where /proc/cpuinfo has one of the two flags."
    ]
