"""Logits of a split, and how good they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from widedeep.components.common.errors import DataError
from widedeep.components.trainer.model.heads import Head, Quality
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.training.joint_step import JointTrainer

# Evaluation keeps no gradients: larger batches are free.
_BATCH = 4096


def predict(trainer: JointTrainer, source: SplitExamples) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Logit [b, outputs], label [b] and weight [b] of the split's examples, in their order."""
    for block in source.blocks():
        for batch in block.batches(_BATCH, np.arange(block.examples)):
            yield trainer.predict(batch).numpy(), batch.label.numpy(), batch.weight.numpy()


def evaluate(trainer: JointTrainer, head: Head, source: SplitExamples) -> Quality:
    """Quality on a split, weighted where the examples are.

    Raises:
        DataError: the split is empty, has no weight, or of a binary label one class only, or a logit is no number.
    """
    logit, label, weight = (np.concatenate(part) for part in zip(*predict(trainer, source), strict=True))
    if not np.isfinite(logit).all():
        raise DataError("the model's logits are not numbers: lower training's learning rates.")
    if not (weight > 0).any():
        raise DataError(f"all {label.size:,} examples of the split to evaluate on have weight 0.")
    return head.quality(label, logit.astype(np.float64), weight)
