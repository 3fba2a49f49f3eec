"""One joint training step, and what it is worth on a split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from sklearn import metrics

from components.errors import DataError
from components.features.spec import FeatureSpec
from components.trainer.model import Columns, WideDeepModel
from components.trainer.optimizers import Adagrad, Ftrl
from components.trainer.options import TrainingOptions


class JointTrainer(tf.Module):
    """FTRL on the wide part and AdaGrad on the deep part, from one backward pass of one loss.

    The gradients are those of the loss summed over the batch: see WideOptions.
    """

    def __init__(
        self, model: WideDeepModel, spec: FeatureSpec, options: TrainingOptions, signature: Mapping[str, tf.TypeSpec]
    ) -> None:
        """Makes the optimizers' slots.

        Args:
            model: is trained in place.
            spec: names label and weight.
            options: the optimizers' settings.
            signature: what a batch looks like, from `batch_signature`.
        """
        super().__init__()
        self._model = model
        self._label, self._weight = spec.label.key, spec.weight
        self._bias = Ftrl(model.bias, options.wide)
        self._tables = [
            Ftrl(variable, options.wide) if variable is model.wide else Adagrad(variable, options.deep)
            for _, variable in model.tables()
        ]
        self._layers = [Adagrad(variable, options.deep) for layer in model.hidden for variable in layer]
        self.step = tf.function(self._step, input_signature=[signature])
        self.predict = tf.function(self._predict, input_signature=[signature])

    def _step(self, batch: Columns) -> tf.Tensor:
        """Updates the model by one batch; returns [3]: the loss before it, summed, the sum of weights, the examples."""
        rows = self._model.rows(batch)
        values = [part.values for part in rows]
        layers = [variable for layer in self._model.hidden for variable in layer]
        label, weight = self._targets(batch)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([self._model.bias, *values, *layers])
            logit = self._model.logit(batch, rows, training=True)
            each = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(label, tf.float32), logit)
            loss = tf.reduce_sum(each * weight)
        bias, tables, dense = tape.gradient(loss, (self._model.bias, values, layers))
        self._bias.apply(bias)
        for part, table, gradient in zip(rows, self._tables, tables, strict=True):
            table.apply_rows(tf.convert_to_tensor(gradient), part.ids)
        for layer, gradient in zip(self._layers, dense, strict=True):
            layer.apply(gradient)
        # float64: these are added up over millions of examples.
        return tf.stack([tf.cast(part, tf.float64) for part in (loss, tf.reduce_sum(weight), tf.size(label))])

    def _predict(self, batch: Columns) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Logit, label and weight of each example, [batch] all."""
        return self._model(batch), *self._targets(batch)

    def _targets(self, batch: Columns) -> tuple[tf.Tensor, tf.Tensor]:
        label = batch[self._label]
        return label, batch[self._weight] if self._weight else tf.ones_like(label, tf.float32)


@dataclass(frozen=True)
class Quality:
    """How well a model ranks (auc) and how well its probabilities fit (logloss, accuracy at 0.5)."""

    auc: float
    logloss: float
    accuracy: float


def evaluate(trainer: JointTrainer, data: tf.data.Dataset) -> Quality:
    """Quality on a split, weighted where the examples are.

    Raises:
        DataError: the split is empty or has one class only, for which AUC is undefined; or a logit is no number.
    """
    parts = [[tensor.numpy() for tensor in trainer.predict(batch)] for batch in data]
    if not parts:
        raise DataError("the split to evaluate on holds no examples: give it some, or name another split.")
    logit, label, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    classes = np.unique(label[weight > 0])
    if classes.size < 2:
        only = f"are {classes[0]}" if classes.size else "have weight 0"
        raise DataError(f"all {label.size:,} labels of the split to evaluate on {only}: AUC needs both classes.")
    if not np.isfinite(logit).all():
        raise DataError("the model's logits are not numbers: lower training's learning rates.")
    score = 1.0 / (1.0 + np.exp(-logit.astype(np.float64)))
    return Quality(
        auc=float(metrics.roc_auc_score(label, score, sample_weight=weight)),
        logloss=float(metrics.log_loss(label, score, sample_weight=weight)),
        accuracy=float(metrics.accuracy_score(label, score >= 0.5, sample_weight=weight)),
    )
