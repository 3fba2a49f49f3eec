"""What a logit means for each kind of label: its loss, its score, and how good it is on a split."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import scipy
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import Label

Quality = dict[str, float]


class Head(Protocol):
    """A kind of label.

    Attributes:
        outputs: the number of logits an example.
        metrics: what `quality` tells.
        watched: which of them is shown while it trains, and compares models.
    """

    outputs: int
    metrics: tuple[str, ...]
    watched: str

    def losses(self, label: tf.Tensor, logit: tf.Tensor) -> tf.Tensor:
        """float32 [b]: the loss of each example, from label [b] and logit [b, outputs]."""

    def scores(self, logit: tf.Tensor) -> tf.Tensor:
        """What is served for logit [b, outputs]."""

    def standing(self, metric: Callable[[str], float]) -> float:
        """How good a model is, as early stopping takes it where nothing else is asked for: more is better.

        Args:
            metric: its metrics, by name.
        """

    def quality(self, label: np.ndarray, logit: np.ndarray, weight: np.ndarray) -> Quality:
        """Metrics by name, of label [n], logit [n, outputs] and weight [n].

        Raises:
            DataError: what is undefined, and why.
        """


class Binary:
    """Logistic loss; the score is the probability of label 1, float32 [b]."""

    outputs = 1
    metrics: tuple[str, ...] = ("auc", "logloss", "accuracy")
    watched = "auc"

    def losses(self, label: tf.Tensor, logit: tf.Tensor) -> tf.Tensor:
        """-log P(label)."""
        return tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(label, tf.float32), logit[:, 0])

    def scores(self, logit: tf.Tensor) -> tf.Tensor:
        """P(label = 1)."""
        return tf.sigmoid(logit[:, 0])

    def standing(self, metric: Callable[[str], float]) -> float:
        """The AUC less the log loss: late epochs buy a hair of ranking with probabilities that are too sure."""
        return metric("auc") - metric("logloss")

    def quality(self, label: np.ndarray, logit: np.ndarray, weight: np.ndarray) -> Quality:
        """How well it ranks (auc) and how well its probabilities fit (logloss, accuracy at 0.5)."""
        from sklearn import metrics as measures

        classes = np.unique(label[weight > 0])
        if classes.size < 2:
            only = f"all {label.size:,} labels of the split to evaluate on are {classes[0]}"
            raise DataError(f"{only}: AUC needs both classes.")
        score = scipy.special.expit(logit[:, 0])
        return {
            "auc": float(measures.roc_auc_score(label, score, sample_weight=weight)),
            "logloss": float(measures.log_loss(label, score, sample_weight=weight)),
            "accuracy": float(measures.accuracy_score(label, score >= 0.5, sample_weight=weight)),
        }


class Regression:
    """Squared loss; the score is the predicted number, float32 [b]."""

    outputs = 1
    metrics: tuple[str, ...] = ("rmse", "mae")
    watched = "rmse"

    def losses(self, label: tf.Tensor, logit: tf.Tensor) -> tf.Tensor:
        """(label - prediction)^2."""
        return tf.math.squared_difference(label, logit[:, 0])

    def scores(self, logit: tf.Tensor) -> tf.Tensor:
        """The prediction."""
        return logit[:, 0]

    def standing(self, metric: Callable[[str], float]) -> float:
        """A smaller RMSE is better."""
        return -metric("rmse")

    def quality(self, label: np.ndarray, logit: np.ndarray, weight: np.ndarray) -> Quality:
        """Root of the mean squared error, and mean absolute error, in the label's unit."""
        from sklearn import metrics as measures

        return {
            "rmse": float(measures.root_mean_squared_error(label, logit[:, 0], sample_weight=weight)),
            "mae": float(measures.mean_absolute_error(label, logit[:, 0], sample_weight=weight)),
        }


class Multiclass:
    """Softmax loss; the score is each class's probability, float32 [b, classes]."""

    metrics: tuple[str, ...] = ("logloss", "accuracy")
    watched = "logloss"

    def __init__(self, classes: int) -> None:
        self.outputs = classes

    def losses(self, label: tf.Tensor, logit: tf.Tensor) -> tf.Tensor:
        """-log P(label)."""
        return tf.nn.sparse_softmax_cross_entropy_with_logits(label, logit)

    def scores(self, logit: tf.Tensor) -> tf.Tensor:
        """P(each class)."""
        return tf.nn.softmax(logit)

    def standing(self, metric: Callable[[str], float]) -> float:
        """A smaller log loss is better."""
        return -metric("logloss")

    def quality(self, label: np.ndarray, logit: np.ndarray, weight: np.ndarray) -> Quality:
        """Mean -log P(label), and how often the likeliest class is the label."""
        from sklearn import metrics as measures

        # sklearn's log_loss clips probabilities, and so the loss of a label that the model rules out.
        losses = -scipy.special.log_softmax(logit, axis=1)[np.arange(label.size), label]
        return {
            "logloss": float(np.average(losses, weights=weight)),
            "accuracy": float(measures.accuracy_score(label, logit.argmax(axis=1), sample_weight=weight)),
        }


def head(label: Label) -> Head:
    """The head for a declared label."""
    if label.kind == "multiclass":
        assert label.classes is not None
        return Multiclass(label.classes)
    return Regression() if label.kind == "regression" else Binary()
