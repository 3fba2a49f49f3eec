"""Epochs, early stopping and progress, on a trainer whose quality follows a script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.spec import Label
from widedeep.components.trainer.exchange.exchange import ALONE
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.reading.blocks import Block
from widedeep.components.trainer.training import loop
from widedeep.components.trainer.training.checkpoints import Checkpoints
from widedeep.components.trainer.training.loop import TrainingLoop
from widedeep.components.trainer.training.training_record import still_improving
from widedeep.components.trainer.training_options import TrainingOptions

BATCHES = 3


class Scripted(tf.Module):
    """Counts its steps in two variables; each batch has loss 4, weights 8 and examples 2."""

    def __init__(self) -> None:
        super().__init__()
        self.state = tf.Variable(0.0)
        self.steps = tf.Variable(0, dtype=tf.int64)
        self.strategy, self.exchange = tf.distribute.get_strategy(), ALONE

    def run(self, batches: Any, count: tf.Tensor) -> tf.Tensor:
        seen = sum(len(next(batches).label) for _ in range(int(count)))
        self.state.assign_add(float(count))
        self.steps.assign_add(count)
        return tf.constant([4.0 * int(count), 8.0 * int(count), seen], tf.float64)


class Split:
    """Two examples a batch, as many in each of some blocks."""

    def __init__(self, blocks: list[int]) -> None:
        self.label = SimpleNamespace(loss=math.log(2))
        self.examples = 2 * blocks[0] if len(blocks) == 1 else None
        self._blocks = blocks

    def meet(self) -> None:
        """There is nobody."""

    def blocks(self) -> list[Block]:
        return [
            Block((), (), tf.zeros([2 * count, 0]), tf.zeros([2 * count], tf.int64), tf.ones([2 * count]))
            for count in self._blocks
        ]


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Trains with a script of qualities, a step a call of the runtime and a report a step."""

    def run(qualities: Iterable[dict[str, float]], trainer: Any, kind: str = "binary", **options: Any) -> Any:
        script = iter(qualities)
        monkeypatch.setattr(loop, "evaluate", lambda *_: next(script))
        monkeypatch.setattr(loop, "_REPORT_SECONDS", options.pop("report_seconds", -1.0))
        monkeypatch.setattr(loop, "_STEPS_A_CALL", 1)
        reports: list[dict[str, Any]] = []
        train = Split(options.pop("blocks", [BATCHES]))
        epochs = options.pop("epochs", None) or len(qualities)
        given = TrainingOptions.model_validate({"epochs": epochs, "batch_size": 2} | options)
        label = Label.model_validate({"key": "y", "kind": kind})
        made = TrainingLoop(trainer, head(label), train, Split([1]), given)
        return made.run(Checkpoints(trainer, str(tmp_path / "checkpoints")), reports.append), reports

    return run


def binary(*aucs: float) -> list[dict[str, float]]:
    return [{"auc": auc, "logloss": 0.5, "accuracy": 0.7} for auc in aucs]


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
def test_the_best_epoch_is_kept(fit, aucs, patience, trained, kept):
    trainer = Scripted()
    curve, _ = fit(binary(*aucs), trainer, patience=patience)
    assert [row.epoch for row in curve] == list(range(1, trained + 1))
    assert [row.epoch for row in curve if row.kept] == [kept]
    assert trainer.state.numpy() == kept * BATCHES


# AUC is best in epoch 1, logloss in epoch 3, accuracy in epoch 2.
DIFFERENT = [
    {"auc": auc, "logloss": logloss, "accuracy": accuracy}
    for auc, logloss, accuracy in [(0.8, 0.6, 0.6), (0.7, 0.5, 0.8), (0.7, 0.4, 0.7), (0.7, 0.45, 0.7)]
]


@pytest.mark.parametrize(
    ("stop_on", "trained", "kept"), [(None, 2, 1), ("auc", 2, 1), ("logloss", 4, 3), ("accuracy", 3, 2)]
)
def test_what_is_watched_decides_the_best_epoch(fit, stop_on, trained, kept):
    trainer = Scripted()
    curve, reports = fit(DIFFERENT, trainer, stop_on=stop_on, patience=1)
    assert (len(curve), [row.epoch for row in curve if row.kept]) == (trained, [kept])
    assert trainer.state.numpy() == kept * BATCHES
    assert {report["watched"] for report in reports} == {stop_on or "auc"}


@pytest.mark.parametrize(
    ("second", "kept"),
    [
        ({"auc": 0.81, "logloss": 0.42}, 1),  # 0.01 of AUC is less than 0.02 of log loss
        ({"auc": 0.82, "logloss": 0.41}, 2),
        ({"auc": 0.79, "logloss": 0.38}, 2),
    ],
)
def test_auc_and_log_loss_decide_together_where_nothing_else_is_asked_for(fit, second, kept):
    script = [{"auc": 0.8, "logloss": 0.4, "accuracy": 0.7}, second | {"accuracy": 0.7}]
    curve, _ = fit(script, Scripted())
    assert [row.epoch for row in curve if row.kept] == [kept]


@pytest.mark.parametrize(("stop_on", "kept"), [(None, 2), ("rmse", 2), ("mae", 1)])
def test_a_number_is_watched_by_its_error(fit, stop_on, kept):
    script = [{"rmse": 2.0, "mae": 1.0}, {"rmse": 1.5, "mae": 1.2}, {"rmse": 1.6, "mae": 1.3}]
    curve, reports = fit(script, Scripted(), kind="regression", stop_on=stop_on)
    assert [row.epoch for row in curve if row.kept] == [kept]
    assert reports[-1]["watched"] == (stop_on or "rmse")


def test_a_metric_that_the_label_lacks_is_refused(fit):
    with pytest.raises(ConfigError) as caught:
        fit(binary(0.5), Scripted(), stop_on="rmse")
    assert str(caught.value) == "training.stop_on is 'rmse'; this label has auc, logloss, accuracy."


def test_the_curve_has_what_was_seen(fit):
    curve, _ = fit(binary(0.6, 0.7), Scripted(), blocks=[2, 1])
    assert [row.model_dump(exclude={"seconds"}) for row in curve] == [
        {"epoch": 1, "step": 3, "examples": 6, "loss": 0.5} | binary(0.6)[0] | {"kept": False},
        {"epoch": 2, "step": 6, "examples": 6, "loss": 0.5} | binary(0.7)[0] | {"kept": True},
    ]
    assert all(row.seconds > 0 for row in curve)


def told(step: int, value: float | None, steps: int | None = 6) -> dict[str, Any]:
    return {"step": step, "steps": steps, "loss": 0.5, "watched": "auc", "value": value}


def test_progress_is_told_by_step(fit):
    """At every call of the runtime, at an epoch's end, and once its quality is known."""
    _, reports = fit(binary(0.6, 0.7), Scripted())
    assert reports == [
        *(told(step, None) for step in (1, 2, 3, 3)),
        *(told(step, 0.6) for step in (3, 4, 5, 6, 6)),
        told(6, 0.7),
    ]


def test_how_many_steps_there_are_is_told_when_it_is_known(fit):
    _, reports = fit(binary(0.6), Scripted(), blocks=[2, 1])
    assert reports == [*(told(step, None, steps=None) for step in (1, 2, 3, 3)), told(3, 0.6, steps=None)]


def test_progress_is_told_a_few_times_a_second_and_an_epoch_takes_its_training(monkeypatch, fit):
    """Batches take an eighth of a second each, and evaluations 100 seconds."""
    now = [0.0]

    class Timed(Scripted):
        def run(self, batches: Any, count: tf.Tensor) -> tf.Tensor:
            now[0] += 0.125
            return super().run(batches, count)

    def evaluated() -> Iterator[dict[str, float]]:
        for quality in binary(0.6, 0.7):
            now[0] += 100.0
            yield quality

    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: now[0]))
    curve, reports = fit(evaluated(), Timed(), epochs=2, blocks=[8], report_seconds=loop._REPORT_SECONDS)
    # 0.3 s have passed after 3 batches and after 6; then come the epoch's end and its quality.
    assert [report["step"] for report in reports] == [3, 6, 8, 8, 11, 14, 16, 16]
    assert [row.seconds for row in curve] == [1.0, 1.0]


def test_many_batches_are_one_call_of_the_runtime(monkeypatch, tmp_path):
    calls = []

    class Counting(Scripted):
        def run(self, batches: Any, count: tf.Tensor) -> tf.Tensor:
            calls.append(int(count))
            return super().run(batches, count)

    monkeypatch.setattr(loop, "evaluate", lambda *_: binary(0.6)[0])
    options = TrainingOptions.model_validate({"epochs": 1, "batch_size": 2, "checkpoint_steps": 70})
    trainer = Counting()
    label = Label.model_validate({"key": "y"})
    made = TrainingLoop(trainer, head(label), Split([60, 45]), Split([1]), options)
    made.run(Checkpoints(trainer, str(tmp_path)), lambda _: None)
    # 50 at most; a block ends after 60, and a checkpoint is due after 70.
    assert calls == [50, 10, 10, 35]


def test_an_epoch_has_all_positives_and_other_negatives_each_time():
    """Of 1,500 rows of label 0 a tenth; the same of one seed, whatever was read before."""
    label = tf.constant([0, 0, 0, 1] * 500, tf.int64)
    block = Block((), (), tf.zeros([2000, 0]), label, tf.ones([2000]))
    split = Split([1])
    options = TrainingOptions(keep_negatives=0.1)
    made = TrainingLoop(Scripted(), head(Label(key="y")), split, split, options)
    orders = [made._turn(block, epoch, 0).order for epoch in (1, 1, 2)]
    for order in orders:
        counted = np.bincount(label.numpy()[order])
        assert counted[1] == 500
        # 1500 draws of 0.1: five deviations of 11.6.
        assert counted[0] == pytest.approx(150, abs=58)
        assert len(set(order)) == len(order)
    assert orders[0].tolist() == orders[1].tolist()
    assert set(orders[0]) != set(orders[2])
    whole = TrainingLoop(Scripted(), head(Label(key="y")), split, split, TrainingOptions())
    assert sorted(whole._turn(block, 1, 0).order) == list(range(2000))


@pytest.mark.parametrize(
    ("aucs", "epochs", "said"),
    [
        ([0.6, 0.7], 2, True),
        ([0.7, 0.6], 2, False),  # the first was the best
        ([0.6, 0.7, 0.65], 4, False),  # stopped before
        ([0.6], 1, False),  # nothing to compare with
    ],
)
def test_it_still_improves_where_the_best_epoch_is_the_last_one_allowed(fit, aucs, epochs, said):
    curve, _ = fit(binary(*aucs), Scripted(), epochs=epochs, patience=1)
    assert still_improving(curve, epochs) is said
