"""One joint training step, and passes over the data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn import metrics

from components.errors import DataError
from components.features.spec import FeatureSpec
from components.trainer.model import Columns, WideDeepModel
from components.trainer.optimizers import Adagrad, Ftrl
from components.trainer.options import TrainingOptions


class JointTrainer(tf.Module):
    """FTRL on the wide part and AdaGrad on the deep part, from one backward pass of one loss."""

    def __init__(self, model: WideDeepModel, spec: FeatureSpec, options: TrainingOptions) -> None:
        super().__init__()
        self._model = model
        self._label, self._weight = spec.label.key, spec.weight
        self._bias = Ftrl(model.bias, options.wide)
        self._tables: list[Ftrl | Adagrad] = []
        for _, variable in model.tables():
            wide = variable is model.wide
            self._tables.append(Ftrl(variable, options.wide) if wide else Adagrad(variable, options.deep))
        self._layers = [Adagrad(variable, options.deep) for layer in model.hidden for variable in layer]

    @tf.function(reduce_retracing=True)
    def step(self, batch: Columns) -> tf.Tensor:
        """Updates the model by one batch and returns the mean loss before the update."""
        rows = self._model.rows(batch)
        values = [part.values for part in rows]
        layers = [variable for layer in self._model.hidden for variable in layer]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([self._model.bias, *values, *layers])
            loss = self._loss(batch, self._model.logit(batch, rows, training=True))
        bias, tables, dense = tape.gradient(loss, (self._model.bias, values, layers))
        self._bias.apply(bias)
        for part, table, gradient in zip(rows, self._tables, tables, strict=True):
            table.apply_rows(tf.convert_to_tensor(gradient), part.ids)
        for layer, gradient in zip(self._layers, dense, strict=True):
            layer.apply(gradient)
        return loss

    def _loss(self, batch: Columns, logit: tf.Tensor) -> tf.Tensor:
        label, weight = self.targets(batch)
        each = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(label, tf.float32), logit)
        return tf.reduce_sum(each * weight) / tf.cast(tf.size(label), tf.float32)

    @tf.function(reduce_retracing=True)
    def predict(self, batch: Columns) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Logit, label and weight of each example."""
        return self._model(batch), *self.targets(batch)

    def targets(self, batch: Columns) -> tuple[tf.Tensor, tf.Tensor]:
        """Label and weight of each example, both [batch]."""
        label = batch[self._label].values
        weight = batch[self._weight].values if self._weight else tf.ones_like(label, tf.float32)
        return label, weight


@dataclass(frozen=True)
class Quality:
    """How well a model ranks (auc) and how well its probabilities fit (logloss, accuracy at 0.5)."""

    auc: float
    logloss: float
    accuracy: float


def evaluate(trainer: JointTrainer, data: tf.data.Dataset) -> Quality:
    """Quality on a split. Raises DataError where the split has one class only, for which AUC is undefined."""
    parts = [[tensor.numpy() for tensor in trainer.predict(batch)] for batch in data]
    logit, label, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    if label.min() == label.max():
        raise DataError(f"all {label.size:,} labels of the split are {label[0]}: AUC needs both classes.")
    score = 1.0 / (1.0 + np.exp(-logit.astype(np.float64)))
    return Quality(
        auc=float(metrics.roc_auc_score(label, score, sample_weight=weight)),
        logloss=float(metrics.log_loss(label, score, sample_weight=weight)),
        accuracy=float(metrics.accuracy_score(label, score >= 0.5, sample_weight=weight)),
    )


def fit(
    trainer: JointTrainer,
    train: tf.data.Dataset,
    evaluation: tf.data.Dataset,
    epochs: int,
    report: Callable[[dict[str, Any]], None],
) -> list[dict[str, Any]]:
    """Trains for some epochs; returns a row an epoch: epoch, steps, loss and the evaluation's quality.

    Args:
        trainer: the model with its optimizers.
        train: shuffled batches of one epoch.
        evaluation: batches of the evaluation split.
        epochs: passes over `train`.
        report: is told the progress (epoch, epochs, step, loss, and auc once there is one).

    Raises:
        DataError: the loss stopped being a number.
    """
    curve: list[dict[str, Any]] = []
    step, per_epoch, auc = 0, None, None
    for epoch in range(1, epochs + 1):
        losses = []
        for batch in train:
            losses.append(trainer.step(batch))
            step += 1
            if step % 20 == 0:
                loss = float(tf.reduce_mean(losses[-20:]))
                if not np.isfinite(loss):
                    raise DataError(f"the loss became {loss} near step {step}: lower training's learning rates.")
                report({"step": step, "steps": per_epoch and per_epoch * epochs, "loss": loss, "auc": auc})
        per_epoch = per_epoch or step
        quality = evaluate(trainer, evaluation)
        auc = quality.auc
        curve.append(
            {"epoch": epoch, "step": step, "loss": float(tf.reduce_mean(losses)), **dataclasses.asdict(quality)}
        )
        report({"step": step, "steps": per_epoch * epochs, "loss": curve[-1]["loss"], "auc": auc})
    return curve
