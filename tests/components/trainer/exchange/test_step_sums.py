"""What a step of one worker gives to the exchange: rows of tables and not tables, and gradients of units of its own."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import tensorflow as tf

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.exchange.exchange import Gradients
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.model.inputs import batch_signature
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.model.network import new_model
from widedeep.components.trainer.training.joint_step import JointTrainer
from widedeep.components.trainer.training_options import TrainingOptions


class Noted:
    """One of some workers, of whom the others have no examples; `given` is what each step gave."""

    def __init__(self, number: int, workers: int) -> None:
        self.number, self.workers = number, workers
        self.given: list[Gradients] = []

    def sums(self, own: Gradients) -> Gradients:
        self.given.append(own)
        return own


def steps(toy: Any, spec: FeatureSpec, rows: list[Any], deep: dict[str, Any], exchange: Noted, count: int) -> None:
    """So many steps on the same rows."""
    layout, options = make_layout(spec, {}, "wide_deep"), TrainingOptions.model_validate({"deep": deep})
    model = new_model(layout, options)
    trainer = JointTrainer(model, head(spec.label), options, batch_signature(spec, layout), exchange)
    for _ in range(count):
        # Not traced: what is given are numbers.
        trainer.step.python_function(toy.batch(layout, rows))


def test_of_a_table_of_millions_of_rows_a_step_gives_those_of_its_batch(toy: Any) -> None:
    millions = toy.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    for feature in millions["features"][:3]:
        feature["transform"]["hash"]["buckets"] = 1_000_000
    spec = FeatureSpec.model_validate(millions)
    layout, exchange, rows = make_layout(spec, {}, "wide_deep"), Noted(0, 2), toy.rows[:10]
    steps(toy, spec, rows, {"hidden": [4]}, exchange, 1)
    [given] = exchange.given
    for table, (numbers, gradient) in zip(layout.tables, given.tables, strict=True):
        used = {slot.offset + number for slot in table.slots for row in rows for number in row.ids[slot.column]}
        assert sorted(numbers.numpy()) == sorted(used)
        assert gradient.shape == (len(used), table.width)
        assert np.all(np.any(gradient.numpy() != 0, axis=1))
    assert max(table.rows for table in layout.tables) > 1_000_000
    exchanged = sum(tf.size(part).numpy() for table in given.tables for part in table) + sum(
        tf.size(part).numpy() for part in given.whole
    )
    # Ten rows with four ids at most in each of some columns; and small layers.
    assert exchanged < 2_000


def test_each_worker_drops_as_many_units_at_each_step_and_others(toy: Any) -> None:
    rate, units = 0.25, 4000
    dropped = []
    for number in range(3):
        exchange = Noted(number, 3)
        deep = {"hidden": [units], "activation": "sigmoid", "dropout": rate}
        steps(toy, toy.spec, toy.rows[:1], deep, exchange, 3)
        # After the wide bias and two kernels: the hidden layer's bias, whose gradient is 0 where a unit was dropped.
        dropped += [given.whole[3].numpy() == 0 for given in exchange.given]
    assert all(each.shape == (units,) for each in dropped)
    # Each is drawn by itself: five standard deviations.
    for each in dropped:
        assert abs(each.mean() - rate) < 5 * (rate * (1 - rate) / units) ** 0.5
    equal = rate**2 + (1 - rate) ** 2
    for one, other in itertools.combinations(dropped, 2):
        assert abs((one == other).mean() - equal) < 5 * (equal * (1 - equal) / units) ** 0.5
