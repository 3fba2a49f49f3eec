"""A small model with every signature of an exported one, whose scores are computed by hand.

logit = bias + x + COLORS[color] + 0.1 * members of tags; score = 1 / (1 + exp(-logit)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COLORS = {"red": 1.0, "green": 2.0, "blue": 3.0}
SIGNATURES = "tensorflow/serving/predict"


class SmallModel:
    """What the small model is to answer, and how to write it and its requests."""

    colors = COLORS

    @staticmethod
    def logit(x: float = math.nan, color: str = "", tags: Sequence[str] = (), *, bias: float = 0.0) -> float:
        """By the formula; missing: NaN, "" and no members, each of which counts nothing."""
        return bias + (0.0 if math.isnan(x) else x) + COLORS.get(color, 0.0) + 0.1 * len([tag for tag in tags if tag])

    @classmethod
    def score(cls, x: float = math.nan, color: str = "", tags: Sequence[str] = (), *, bias: float = 0.0) -> float:
        return 1 / (1 + math.exp(-cls.logit(x, color, tags, bias=bias)))

    @staticmethod
    def example(x: float | None = None, color: str | None = None, tags: Sequence[str] = ()) -> bytes:
        """A serialized tf.Example; None is missing."""
        import tensorflow as tf

        features: dict[str, Any] = {}
        if x is not None:
            features["x"] = tf.train.Feature(float_list=tf.train.FloatList(value=[x]))
        if color is not None:
            features["color"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[color.encode()]))
        if tags:
            features["tags"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[tag.encode() for tag in tags]))
        return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()

    @staticmethod
    def write(folder: Path, bias: float = 0.0, warmup: Sequence[Any] = ()) -> Path:
        """Writes a version, and PredictionLogs for its warm-up."""
        _write(folder, bias)
        if warmup:
            import tensorflow as tf

            (folder / "assets.extra").mkdir()
            with tf.io.TFRecordWriter(str(folder / "assets.extra" / "tf_serving_warmup_requests")) as records:
                for log in warmup:
                    records.write(log.SerializeToString())
        return folder


def _write(folder: Path, bias: float) -> None:
    # A graph of TF 1 is written in milliseconds. A variable, a table from an asset and defaults are all in it, since
    # a server has to restore, initialise and fill them.
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        stored = v1.get_variable("bias", initializer=tf.constant(bias, tf.float32), use_resource=True)
        vocabulary = folder.parent / f".{folder.name}-colors.txt"
        vocabulary.parent.mkdir(parents=True, exist_ok=True)
        vocabulary.write_text("\n".join(COLORS))
        asset = tf.constant(str(vocabulary))
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        key, line = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        lines = tf.lookup.TextFileInitializer(asset, tf.string, key, tf.int64, line)
        table = tf.lookup.StaticHashTable(lines, -1)

        def logits(x: Any, color: Any, tags: Any) -> Any:
            members = tf.reduce_sum(tf.cast(tf.not_equal(tags, ""), tf.float32), axis=-1)
            known = tf.where(tf.math.is_nan(x), tf.zeros_like(x), x)
            return stored + known + tf.cast(table.lookup(color) + 1, tf.float32) + 0.1 * members

        signatures = {
            "serving_default": _of_examples(v1, logits, {"examples"}),
            "classify": _of_examples(v1, logits, {"inputs", "classes"}),
            "regress": _of_examples(v1, logits, {"inputs"}),
            "predict_raw": _raw(v1, logits),
            "rank": _rank(v1, logits),
        }
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(
            session,
            [tf.saved_model.SERVING],
            signature_def_map=signatures,
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=v1.tables_initializer(),
        )
        builder.save()
        vocabulary.unlink()


def _signature(inputs: dict[str, Any], outputs: dict[str, Any], defaults: dict[str, Any] | None = None) -> Any:
    import tensorflow as tf

    info = tf.compat.v1.saved_model.build_tensor_info
    made = tf.compat.v1.saved_model.build_signature_def(
        {key: info(tensor) for key, tensor in inputs.items()},
        {key: info(tensor) for key, tensor in outputs.items()},
        SIGNATURES,
    )
    for key, value in (defaults or {}).items():
        made.defaults[key].CopyFrom(tf.make_tensor_proto(value, tf.string if value.dtype == object else None))
    return made


def _of_examples(v1: Any, logits: Any, kind: set[str]) -> Any:
    import tensorflow as tf

    examples = v1.placeholder(tf.string, [None])
    parsed = tf.io.parse_example(
        examples,
        {
            "x": tf.io.FixedLenFeature([], tf.float32, math.nan),
            "color": tf.io.FixedLenFeature([], tf.string, ""),
            "tags": tf.io.VarLenFeature(tf.string),
        },
    )
    logit = logits(parsed["x"], parsed["color"], tf.sparse.to_dense(parsed["tags"], ""))
    score = tf.sigmoid(logit)
    if "classes" in kind:
        classes = tf.tile([["0", "1"]], [tf.size(examples), 1])
        return _signature({"inputs": examples}, {"classes": classes, "scores": tf.stack([1 - score, score], axis=1)})
    if "inputs" in kind:
        return _signature({"inputs": examples}, {"outputs": score})
    return _signature({"examples": examples}, {"score": score, "logit": logit})


def _raw(v1: Any, logits: Any) -> Any:
    import numpy as np
    import tensorflow as tf

    inputs = {
        "x": v1.placeholder(tf.float32, [None]),
        "color": v1.placeholder(tf.string, [None]),
        "tags": v1.placeholder(tf.string, [None, None]),
    }
    logit = logits(**inputs)
    # x is required; an input with one row holds for all.
    defaults = {"color": np.array([b""], object), "tags": np.zeros([1, 0], object)}
    return _signature(inputs, {"score": tf.sigmoid(logit), "logit": logit}, defaults)


def _rank(v1: Any, logits: Any) -> Any:
    """One user's color and tags, candidates' x; a candidate whose x is NaN is padding."""
    import numpy as np
    import tensorflow as tf

    inputs = {
        "color": v1.placeholder(tf.string, [None]),
        "tags": v1.placeholder(tf.string, [None, None]),
        "x": v1.placeholder(tf.float32, [None, None]),
        "top_k": v1.placeholder(tf.int32, [None]),
    }
    logit = logits(inputs["x"], inputs["color"][:, None], inputs["tags"][:, None, :])
    shown = tf.where(tf.math.is_nan(inputs["x"]), -math.inf * tf.ones_like(logit), logit)
    wanted = tf.reduce_max(inputs["top_k"])
    count = tf.shape(logit)[1]
    order = tf.math.top_k(shown, tf.where(wanted > 0, tf.minimum(wanted, count), count)).indices
    defaults = {"color": np.array([b""], object), "tags": np.zeros([1, 0], object), "top_k": np.zeros(1, np.int32)}
    return _signature(inputs, {"score": tf.sigmoid(logit), "order": order}, defaults)
