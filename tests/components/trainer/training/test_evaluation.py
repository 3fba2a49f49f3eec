"""A split's logits, gathered over batches and blocks, and what is said of those that are no numbers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.trainer.model.heads import Binary
from widedeep.components.trainer.reading.blocks import Block
from widedeep.components.trainer.training import evaluation
from widedeep.components.trainer.training.evaluation import evaluate, predict

LOGIT, LABEL, WEIGHT = [2.0, -0.2, 0.5, -3.0, 1.0], [1, 0, 0, 1, 1], [1.0, 2.0, 3.0, 4.0, 0.5]


class Given:
    """A trainer whose logits are the examples' dense column, and a source of two blocks."""

    def __init__(self, logit: list[float]) -> None:
        self.logit = np.array(logit, np.float32)[:, None]
        self.weight = np.array(WEIGHT, np.float32)

    def predict(self, batch: Any) -> tf.Tensor:
        return batch.inputs.dense

    def blocks(self) -> list[Block]:
        parts = (slice(0, 3), slice(3, None))
        label = np.array(LABEL)
        return [
            Block((), (), *(tf.constant(values[part]) for values in (self.logit, label, self.weight))) for part in parts
        ]


def test_predictions_come_in_the_order_of_the_examples(monkeypatch):
    monkeypatch.setattr(evaluation, "_BATCH", 2)
    parts = [[part.tolist() for part in batch] for batch in predict(Given(LOGIT), Given(LOGIT))]
    assert [len(label) for _, label, _ in parts] == [2, 1, 2]
    logit, label, weight = (list(itertools.chain(*column)) for column in zip(*parts, strict=True))
    assert (np.float32(logit)[:, 0].tolist(), label, weight) == (np.float32(LOGIT).tolist(), LABEL, WEIGHT)


def test_quality_is_of_the_whole_split_at_once(monkeypatch):
    monkeypatch.setattr(evaluation, "_BATCH", 2)
    quality = evaluate(Given(LOGIT), Binary(), Given(LOGIT))
    # 2.0 beats both negatives, 1 * (2 + 3); 1.0 too, 0.5 * (2 + 3); -3.0 none; of 5.5 * 5.
    assert quality["auc"] == pytest.approx(7.5 / 27.5)


def test_a_split_without_weight_is_refused():
    split = Given(LOGIT)
    split.weight = np.zeros(5, np.float32)
    with pytest.raises(DataError) as caught:
        evaluate(split, Binary(), split)
    assert str(caught.value) == "all 5 examples of the split to evaluate on have weight 0."


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_are_refused(wrong):
    with pytest.raises(DataError) as caught:
        evaluate(Given([0.5, wrong, 1.0, 1.0, 1.0]), Binary(), Given([0.5, wrong, 1.0, 1.0, 1.0]))
    assert str(caught.value) == "the model's logits are not numbers: lower training's learning rates."
