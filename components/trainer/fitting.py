"""Passes over the data: epochs, early stopping, progress."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from components.errors import DataError
from components.trainer.options import TrainingOptions
from components.trainer.training import JointTrainer, evaluate

Report = Callable[[dict[str, Any]], None]
# Reports wait for the device: a few a second cost nothing, one a step would.
_REPORT_SECONDS = 0.3


def fit(
    trainer: JointTrainer, train: tf.data.Dataset, evaluation: tf.data.Dataset, options: TrainingOptions, report: Report
) -> list[dict[str, Any]]:
    """Trains for some epochs, and leaves the trainer at the best one unless `options.patience` is null.

    Args:
        trainer: the model with its optimizers.
        train: shuffled batches of one epoch.
        evaluation: batches of the evaluation split.
        options: epochs and patience.
        report: is told `step`, `steps` in all (None in the first epoch), `loss` so far in the epoch, and `auc`
            of the last epoch (None in the first).

    Returns:
        A row an epoch: epoch, step, examples, seconds (of training alone), loss, auc, logloss, accuracy, and
        whether the epoch is `kept`, which one is.

    Raises:
        DataError: a split is empty, `evaluation` has one class only, or the loss stopped being a number.
    """
    curve: list[dict[str, Any]] = []
    best, kept = 0, []
    for epoch in range(1, options.epochs + 1):
        curve.append({"epoch": epoch, **_pass(trainer, train, curve, options.epochs, report)})
        curve[-1] |= dataclasses.asdict(evaluate(trainer, evaluation)) | {"kept": False}
        shown = {key: curve[-1][key] for key in ("step", "loss", "auc")}
        report(shown | {"steps": curve[0]["step"] * options.epochs})
        if options.patience is None or not best or curve[-1]["auc"] > curve[best - 1]["auc"]:
            best = epoch
            # The last epoch's state is in place already.
            kept = [variable.numpy() for variable in trainer.variables] if epoch < options.epochs else []
        elif epoch - best >= options.patience:
            break
    if best < len(curve):
        for variable, value in zip(trainer.variables, kept, strict=True):
            variable.assign(value)
    curve[best - 1]["kept"] = True
    return curve


def _pass(
    trainer: JointTrainer, train: tf.data.Dataset, curve: list[dict[str, Any]], epochs: int, report: Report
) -> dict[str, Any]:
    """One epoch: `step` reached, `examples` seen in it, its `seconds` and mean `loss`."""
    before: dict[str, Any] = curve[-1] if curve else {"step": 0, "auc": None}
    steps = curve[0]["step"] * epochs if curve else None
    step, total = before["step"], tf.zeros([3], tf.float64)
    start = reported = time.monotonic()
    for batch in train:
        total += trainer.step(batch)
        step += 1
        if time.monotonic() - reported > _REPORT_SECONDS:
            report({"step": step, "steps": steps, "loss": _mean(total, step), "auc": before["auc"]})
            reported = time.monotonic()
    if step == before["step"]:
        raise DataError("the split train holds no examples: there is nothing to learn from.")
    loss = _mean(total, step)
    return {"step": step, "examples": int(total[2]), "seconds": time.monotonic() - start, "loss": loss}


def _mean(total: tf.Tensor, step: int) -> float:
    loss, weight, _ = total.numpy()
    if not np.isfinite(loss):
        raise DataError(f"the loss became {loss} by step {step}: lower training's learning rates.")
    return float(loss / max(weight, 1e-9))
