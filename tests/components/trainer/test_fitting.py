"""Epochs, early stopping and progress, on a trainer whose AUC follows a script."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from components.errors import DataError
from components.trainer import fitting
from components.trainer.options import TrainingOptions
from components.trainer.training import Quality, evaluate

BATCHES = 3


class Scripted:
    """Counts its steps in a variable; each batch has loss 4, weights 8 and examples 2."""

    def __init__(self, loss: float = 4.0) -> None:
        self.state = tf.Variable(0.0)
        self.variables = (self.state,)
        self.loss = loss

    def step(self, batch: Any) -> tf.Tensor:
        self.state.assign_add(1.0)
        return tf.constant([self.loss, 8.0, 2.0], tf.float64)


def fit(monkeypatch: pytest.MonkeyPatch, aucs: list[float], trainer: Any, **options: Any) -> Any:
    script = iter(aucs)
    monkeypatch.setattr(fitting, "evaluate", lambda *_: Quality(auc=next(script), logloss=0.5, accuracy=0.7))
    monkeypatch.setattr(fitting, "_REPORT_SECONDS", -1.0)
    reports: list[dict[str, Any]] = []
    data = tf.data.Dataset.range(BATCHES)
    given = TrainingOptions.model_validate({"epochs": len(aucs)} | options)
    return fitting.fit(trainer, data, data, given, reports.append), reports


@pytest.mark.parametrize(
    ("aucs", "patience", "trained", "kept"),
    [
        ([0.6, 0.7, 0.8], 1, 3, 3),
        ([0.6, 0.8, 0.7, 0.9], 1, 3, 2),
        ([0.6, 0.8, 0.7, 0.9], 2, 4, 4),
        ([0.8, 0.7, 0.6, 0.9], 2, 3, 1),
        ([0.8, 0.8, 0.9], 1, 2, 1),  # as good is no better
        ([0.8, 0.7], 1, 2, 1),  # the last epoch is worse: back to the first
        ([0.8, 0.7, 0.6], None, 3, 3),
    ],
)
def test_the_best_epoch_is_kept(monkeypatch, aucs, patience, trained, kept):
    trainer = Scripted()
    curve, _ = fit(monkeypatch, aucs, trainer, patience=patience)
    assert [row["epoch"] for row in curve] == list(range(1, trained + 1))
    assert [row["epoch"] for row in curve if row["kept"]] == [kept]
    assert trainer.state.numpy() == kept * BATCHES


def test_the_curve_has_what_was_seen(monkeypatch):
    curve, _ = fit(monkeypatch, [0.6, 0.7], Scripted())
    assert [(row["step"], row["examples"], row["loss"], row["auc"]) for row in curve] == [
        (3, 6, 0.5, 0.6),
        (6, 6, 0.5, 0.7),
    ]
    assert all(row["seconds"] > 0 for row in curve)


def test_progress_is_told_by_step(monkeypatch):
    _, reports = fit(monkeypatch, [0.6, 0.7], Scripted())
    assert reports == [
        {"step": 1, "steps": None, "loss": 0.5, "auc": None},
        {"step": 2, "steps": None, "loss": 0.5, "auc": None},
        {"step": 3, "steps": None, "loss": 0.5, "auc": None},
        {"step": 3, "steps": 6, "loss": 0.5, "auc": 0.6},
        {"step": 4, "steps": 6, "loss": 0.5, "auc": 0.6},
        {"step": 5, "steps": 6, "loss": 0.5, "auc": 0.6},
        {"step": 6, "steps": 6, "loss": 0.5, "auc": 0.6},
        {"step": 6, "steps": 6, "loss": 0.5, "auc": 0.7},
    ]


def test_progress_is_told_a_few_times_a_second_at_most(monkeypatch):
    reports: list[dict[str, Any]] = []
    monkeypatch.setattr(fitting, "evaluate", lambda *_: Quality(0.5, 0.5, 0.5))
    data = tf.data.Dataset.range(1000)
    (row,) = fitting.fit(Scripted(), data, data, TrainingOptions(epochs=1), reports.append)
    # The one at the epoch's end, and one each _REPORT_SECONDS.
    assert len(reports) <= 1 + row["seconds"] / fitting._REPORT_SECONDS


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_the_training(monkeypatch, loss):
    with pytest.raises(DataError) as caught:
        fit(monkeypatch, [0.6], Scripted(loss))
    assert str(caught.value) == f"the loss became {loss} by step 1: lower training's learning rates."


def test_an_empty_train_split_is_named():
    nothing = tf.data.Dataset.range(0)
    with pytest.raises(DataError) as caught:
        fitting.fit(Scripted(), nothing, nothing, TrainingOptions(), lambda _: None)
    assert str(caught.value) == "the split train holds no examples: there is nothing to learn from."


class Fixed:
    """Predicts what it is given."""

    def predict(self, batch: Any) -> Any:
        return batch


def quality(logits: list[float], labels: list[int], weights: list[float]) -> Quality:
    logit, label, weight = np.array(logits, np.float32), np.array(labels), np.array(weights, np.float32)
    return evaluate(Fixed(), tf.data.Dataset.from_tensor_slices((logit, label, weight)).batch(2))


def test_quality_by_hand():
    found = quality([2.0, -0.2, 0.5, -3.0], [1, 0, 0, 1], [1.0, 2.0, 3.0, 4.0])
    # Pairs (positive, negative) by weight: 2.0 beats both, 1 * (2 + 3); -3.0 beats none, 4 * (2 + 3).
    assert found.auc == pytest.approx(5 / 25)
    losses = np.log1p(np.exp([-2.0, -0.2, 0.5, 3.0]))
    assert found.logloss == pytest.approx(losses @ [1, 2, 3, 4] / 10)
    # Right at 0.5: the first two.
    assert found.accuracy == pytest.approx(3 / 10)


@pytest.mark.parametrize(
    ("labels", "weights", "message"),
    [
        ([1, 1], [1, 1], "all 2 labels of the split to evaluate on are 1: AUC needs both classes."),
        ([0, 1], [1, 0], "all 2 labels of the split to evaluate on are 0: AUC needs both classes."),
        ([0, 1], [0, 0], "all 2 labels of the split to evaluate on have weight 0: AUC needs both classes."),
        ([], [], "the split to evaluate on holds no examples: give it some, or name another split."),
    ],
)
def test_quality_without_two_classes_is_refused(labels, weights, message):
    with pytest.raises(DataError) as caught:
        quality([0.5] * len(labels), labels, weights)
    assert str(caught.value) == message


def test_logits_that_are_no_numbers_are_refused():
    with pytest.raises(DataError, match="logits are not numbers: lower training's learning rates"):
        quality([0.5, float("nan")], [0, 1], [1, 1])
