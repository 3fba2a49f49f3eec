"""The model that TensorFlow Serving's own answers were asked of: a signature for each type, which gives it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NAMES = (
    *("float", "double", "half", "bfloat16", "complex64", "complex128", "bool", "string"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)


def write(folder: Path) -> Path:
    """`x` in and the same out as `y`, of any shape; `scalar` doubles `a`; `multi` has three inputs and four outputs."""
    import tensorflow as tf

    module = tf.Module()
    signatures: dict[str, Any] = {}
    for name in NAMES:
        dtype = tf.dtypes.as_dtype({"float": "float32", "double": "float64"}.get(name, name))
        spec = tf.TensorSpec(None, dtype, name="x")
        signatures[name] = tf.function(lambda x: {"y": tf.identity(x)}, input_signature=[spec])
    number = tf.TensorSpec([], tf.float32, name="a")
    signatures["scalar"] = tf.function(lambda a: {"y": 2 * a}, input_signature=[number])

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.float32, name="a"),
            tf.TensorSpec([None], tf.string, name="s"),
            tf.TensorSpec([None, None], tf.int64, name="i"),
        ]
    )
    def multi(a: Any, s: Any, i: Any) -> dict[str, Any]:
        return {"fa": 2 * a, "s": tf.identity(s), "s_bytes": tf.identity(s), "i": tf.identity(i)}

    signatures["multi"] = multi
    module.functions = list(signatures.values())
    tf.saved_model.save(module, str(folder), signatures=signatures)
    return folder
