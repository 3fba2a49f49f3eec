"""What each kind of label makes of logits: losses, scores and quality, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.common.metrics import HIGHER_IS_BETTER
from widedeep.components.features.spec import Label
from widedeep.components.trainer.model.heads import Binary, Multiclass, Regression, head

CLASSES = np.array([[1.0, 0.0, -1.0], [0.5, 2.5, 0.0], [0.0, 0.0, 0.0], [-1.0, 3.0, 2.0]])
CLASS_LABEL = np.array([0, 2, 1, 1])
WEIGHT = np.array([1.0, 2.0, 3.0, 4.0], np.float32)


def column(values: list[float]) -> np.ndarray:
    return np.array(values)[:, None]


def losses(head: Binary | Regression | Multiclass, label: tf.Tensor, logit: np.ndarray) -> np.ndarray:
    return head.losses(label, tf.constant(logit, tf.float32)).numpy()


@pytest.mark.parametrize(
    ("label", "kind", "outputs", "watched"),
    [
        ({"key": "y"}, Binary, 1, "auc"),
        ({"key": "y", "kind": "regression"}, Regression, 1, "rmse"),
        ({"key": "y", "kind": "multiclass", "classes": 5}, Multiclass, 5, "logloss"),
    ],
)
def test_each_kind_of_label_has_its_head(label, kind, outputs, watched):
    made = head(Label.model_validate(label))
    assert (type(made), made.outputs, made.watched) == (kind, outputs, watched)
    assert HIGHER_IS_BETTER[watched] == (watched == "auc")


@pytest.mark.parametrize(("kind", "expected"), [(Binary(), 0.75 - 0.5), (Multiclass(3), -0.5), (Regression(), -2.0)])
def test_how_good_a_model_stands(kind, expected):
    assert kind.standing({"auc": 0.75, "logloss": 0.5, "rmse": 2.0}.__getitem__) == expected


def test_binary_losses_and_scores():
    """-log sigmoid(z) = log(1 + e^-z) of a positive, log(1 + e^z) of a negative."""
    logit = column([2.0, -0.5, 0.0, 80.0])
    loss = losses(Binary(), tf.constant([1, 0, 1, 0], tf.int64), logit)
    expected = [math.log1p(math.exp(-2.0)), math.log1p(math.exp(-0.5)), math.log(2.0), 80.0]
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    score = Binary().scores(tf.constant(logit, tf.float32)).numpy()
    np.testing.assert_allclose(score, [1 / (1 + math.exp(-z)) for z in (2.0, -0.5, 0.0, 80.0)], rtol=1e-6)


def test_binary_quality_by_hand():
    quality = Binary().quality(np.array([1, 0, 0, 1]), column([2.0, -0.2, 0.5, -3.0]), WEIGHT)
    # Pairs (positive, negative) by weight: 2.0 beats both, 1 * (2 + 3); -3.0 beats none, 4 * (2 + 3).
    assert quality["auc"] == pytest.approx(5 / 25)
    each = np.log1p(np.exp([-2.0, -0.2, 0.5, 3.0]))
    assert quality["logloss"] == pytest.approx(each @ [1, 2, 3, 4] / 10)
    # Right at 0.5: the first two.
    assert quality["accuracy"] == pytest.approx(3 / 10)
    assert set(quality) == {"auc", "logloss", "accuracy"}


@pytest.mark.parametrize(
    ("labels", "weights", "message"),
    [
        ([1, 1], [1, 1], "all 2 labels of the split to evaluate on are 1: AUC needs both classes."),
        ([0, 1], [1, 0], "all 2 labels of the split to evaluate on are 0: AUC needs both classes."),
        ([1] * 1234, [1] * 1234, "all 1,234 labels of the split to evaluate on are 1: AUC needs both classes."),
    ],
)
def test_binary_quality_without_two_classes_is_refused(labels, weights, message):
    with pytest.raises(DataError) as caught:
        Binary().quality(np.array(labels), column([0.5] * len(labels)), np.array(weights, np.float32))
    assert str(caught.value) == message


def test_regression_losses_and_scores():
    logit = column([2.0, -0.5, 0.0])
    assert losses(Regression(), tf.constant([5.0, -0.5, 1.5]), logit).tolist() == [9.0, 0.0, 2.25]
    assert Regression().scores(tf.constant(logit, tf.float32)).numpy().tolist() == [2.0, -0.5, 0.0]


def test_regression_quality_by_hand():
    label = np.array([5.0, -0.5, 1.5, 3.0], np.float32)
    quality = Regression().quality(label, column([2.0, -0.5, 0.0, 4.0]), WEIGHT)
    # Errors 3, 0, 1.5, 1 with weights 1, 2, 3, 4.
    assert quality == {
        "rmse": pytest.approx(math.sqrt((9.0 + 0.0 + 3 * 2.25 + 4.0) / 10)),
        "mae": pytest.approx((3.0 + 0.0 + 4.5 + 4.0) / 10),
    }


def softmax(logit: np.ndarray) -> np.ndarray:
    return np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True)


def test_multiclass_losses_and_scores():
    expected = -np.log(softmax(CLASSES)[np.arange(4), CLASS_LABEL])
    np.testing.assert_allclose(losses(Multiclass(3), tf.constant(CLASS_LABEL), CLASSES), expected, rtol=1e-6)
    assert expected[2] == pytest.approx(math.log(3.0))
    np.testing.assert_allclose(Multiclass(3).scores(tf.constant(CLASSES)).numpy(), softmax(CLASSES), rtol=1e-6)


def test_multiclass_quality_by_hand():
    quality = Multiclass(3).quality(CLASS_LABEL, CLASSES, WEIGHT)
    each = -np.log(softmax(CLASSES)[np.arange(4), CLASS_LABEL])
    # The likeliest are 0, 1, 0 (the first of equals) and 1.
    assert quality == {"logloss": pytest.approx(each @ WEIGHT / 10), "accuracy": pytest.approx((1.0 + 4.0) / 10)}


def test_multiclass_quality_bears_large_logits():
    quality = Multiclass(3).quality(np.array([0, 1]), np.array([[1e4, 0.0, 0.0], [1e4, 0.0, 0.0]]), np.ones(2))
    assert quality["logloss"] == pytest.approx(5e3)
