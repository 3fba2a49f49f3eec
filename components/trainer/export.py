"""The served model: raw features in, scores out, in one graph that needs nothing but TensorFlow."""

from __future__ import annotations

import tensorflow as tf
import tensorflow_transform as tft

from components.features.spec import FeatureSpec
from components.trainer.model import WideDeepModel

_TENSOR_TYPES = {"categorical": tf.string, "set": tf.string, "numeric": tf.float32}


class ServedModel(tf.Module):
    """Transform graph and model under the signature `serving_default`."""

    def __init__(self, spec: FeatureSpec, transform_output: tft.TFTransformOutput, model: WideDeepModel) -> None:
        super().__init__()
        self._spec = spec
        self._model = model
        self._transform = tf.saved_model.load(transform_output.transform_savedmodel_dir)
        self._raw = {feature.key: _TENSOR_TYPES[feature.kind] for feature in spec.features}
        self._absent = {spec.label.key: tf.int64} | ({spec.weight: tf.float32} if spec.weight else {})

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Serialized raw tf.Examples [n] to `score` (the probability of label 1) and `logit`, both [n].

        Any feature may be missing.
        """
        parsing = {key: tf.io.VarLenFeature(dtype) for key, dtype in self._raw.items()}
        raw = tf.io.parse_example(examples, parsing)
        return self._scores(raw, tf.size(examples, out_type=tf.int64))

    def _scores(self, raw: dict[str, tf.SparseTensor], rows: tf.Tensor) -> dict[str, tf.Tensor]:
        for key, dtype in self._absent.items():
            indices, values = tf.zeros([0, 2], tf.int64), tf.zeros([0], dtype)
            raw[key] = tf.SparseTensor(indices, values, tf.stack([rows, tf.constant(1, tf.int64)]))
        logit = self._model(self._transform.transform_fn(raw))
        return {"score": tf.sigmoid(logit), "logit": logit}

    def save(self, path: str) -> None:
        """Writes the SavedModel with its signatures."""
        tf.saved_model.save(self, path, signatures={"serving_default": self.serve})
