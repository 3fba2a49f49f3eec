"""A killed training, called again, gives the model and the curve of one without a break, bit for bit."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.reading import split_examples
from widedeep.components.trainer.reading.split_examples import SplitExamples
from widedeep.components.trainer.training import loop
from widedeep.components.trainer.training.checkpoints import Checkpoints
from widedeep.components.trainer.training.loop import TrainingLoop
from widedeep.components.trainer.training.state import new_training
from widedeep.components.trainer.training_options import TrainingOptions

_HASHED = {"kind": "set", "side": "context", "transform": {"hash": {"buckets": 7}}}
_NUMBER = {"kind": "numeric", "side": "context", "transform": {"z_score": {}}}
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "features": [
            {"key": "a", **_HASHED, "wide": True, "deep": {"embedding": 3}},
            {"key": "x", **_NUMBER, "deep": {}},
        ],
    }
)
# Blocks of 60 and 40 examples: 6 and 4 batches an epoch. The runtime's calls end at step 4, 6, 8, 10; 12, 16, 20; 24,
# 26, 28, 30, and the checkpoints lie within a block, at a block's end (16) and at an epoch's end (20).
OPTIONS = {
    "epochs": 3,
    "batch_size": 10,
    "checkpoint_steps": 4,
    "deep": {"hidden": [4], "dropout": 0.3, "batch_norm": True, "optimizer": "adam"},
}
# By step: the second epoch is the best, and one more follows.
AUCS = {10: 0.6, 20: 0.8, 30: 0.7}


class Killed(BaseException):
    """Ends a training as it stands."""


class Point:
    """Where and at which step a training dies."""

    def __init__(self, trainer: Any, where: str, step: int) -> None:
        self._here = lambda place: (place, int(trainer.steps)) == (where, step)

    def before(self, place: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if self._here(place):
                raise Killed
            return act(*given, **named)

        return call

    def after(self, place: str, act: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given: (act(*given), self.before(place, lambda: None)())


def arm(patch: pytest.MonkeyPatch, point: Point) -> Callable[..., None]:
    """Sets the point; returns the progress' report."""
    manager = tf.train.CheckpointManager
    patch.setattr(Checkpoints, "save", point.after("after a checkpoint", Checkpoints.save))
    # The files are there, but not yet the note that says so.
    patch.setattr(manager, "_record_state", point.before("in a checkpoint", manager._record_state))
    patch.setattr(Checkpoints, "save_best", point.after("after the best", Checkpoints.save_best))
    patch.setattr(Checkpoints, "restore_best", point.before("before the end", Checkpoints.restore_best))
    patch.setattr(loop, "evaluate", point.before("in the evaluation", loop.evaluate))
    return point.before("in training", lambda _: None)


@pytest.fixture(scope="module")
def files(toy: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    layout, random = make_layout(SPEC, {}, "wide_deep"), np.random.default_rng(3)
    records = [toy.record(SPEC, layout, toy.row(random, layout)) for _ in range(100)]
    return [toy.write(tmp_path_factory.mktemp("small") / "part.gz", records)]


@functools.cache
def new(deep: str, seed: int) -> tuple[Any, list[np.ndarray]]:
    """A training, traced once, and its variables before the first step."""
    options = OPTIONS | {"deep": json.loads(deep), "seed": seed}
    training = new_training(SPEC, TrainingOptions.model_validate(options), {})
    return training, [variable.numpy() for variable in training.trainer.variables]


def train(files: list[str], folder: Path, where: str = "nowhere", step: int = 0, **changes: Any) -> Any:
    """The curve without its times, and every variable of model and optimizers; dies at a point if one is given."""
    options = TrainingOptions.model_validate(OPTIONS | changes)
    training, start = new(options.deep.model_dump_json(), options.seed)
    trainer, kind = training.trainer, head(SPEC.label)
    for variable, value in zip(trainer.variables, start, strict=True):
        variable.assign(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split_examples, "_PARSED_ROWS", 60)
        patch.setattr(loop, "_REPORT_SECONDS", -1.0)
        evaluate = loop.evaluate
        patch.setattr(loop, "evaluate", lambda *given: evaluate(*given) | {"auc": AUCS[int(trainer.steps)]})
        report = arm(patch, Point(trainer, where, step))
        train_split, eval_split = (
            SplitExamples(files, SPEC, training.layout, 1),
            SplitExamples(files, SPEC, training.layout),
        )
        curve = TrainingLoop(trainer, kind, train_split, eval_split, options).run(
            Checkpoints(trainer, str(folder)), report
        )
    return [row.model_copy(update={"seconds": 0.0}) for row in curve], [
        variable.numpy() for variable in trainer.variables
    ]


@pytest.fixture(scope="module")
def unbroken(files: list[str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("unbroken")
    return *train(files, folder), folder


def assert_equal(model: Any, other: Any) -> None:
    assert model[0] == other[0]
    assert all((ours == theirs).all() for ours, theirs in zip(model[1], other[1], strict=True))


def test_the_best_epoch_of_an_unbroken_training_is_kept(unbroken):
    curve, state, folder = unbroken
    assert [(row.step, row.kept) for row in curve] == [(10, False), (20, True), (30, False)]
    # Blocks, epochs and calls of any length share one trace.
    training, _ = new(TrainingOptions.model_validate(OPTIONS).deep.model_dump_json(), 1)
    assert training.trainer.run.experimental_get_tracing_count() == 1
    # Weights, moments, moving averages and steps.
    assert len(state) > 20
    # Checkpoints do not pile up.
    assert [len(list((folder / kind).glob("*.index"))) for kind in ("latest", "best")] == [1, 1]


@pytest.mark.parametrize(
    ("where", "step"),
    [
        ("in training", 4),  # before the first checkpoint
        ("after a checkpoint", 16),  # at a block's end
        ("after a checkpoint", 20),  # at an epoch's end
        ("in a checkpoint", 10),  # the best, half written
        ("before the end", 30),
    ],
)
def test_a_killed_training_carries_on(files, unbroken, tmp_path, where, step):
    with pytest.raises(Killed):
        train(files, tmp_path, where, step)
    assert_equal(train(files, tmp_path), unbroken)


def test_it_may_be_killed_again_and_again_and_does_not_begin_anew(files, unbroken, tmp_path):
    """In an evaluation; with a checkpoint half written; with a best newer than the last checkpoint; later on."""
    for where, step in (
        ("in the evaluation", 10),
        ("in a checkpoint", 12),
        ("after the best", 10),
        ("in training", 26),
    ):
        with pytest.raises(Killed):
            train(files, tmp_path, where, step)
    # Carrying on from the checkpoint of step 24, it comes by no earlier one.
    assert_equal(train(files, tmp_path, "in training", 20), unbroken)


def test_one_of_products_in_bfloat16_carries_on_as_well(files, unbroken, tmp_path):
    narrow = {"deep": OPTIONS["deep"] | {"precision": "bfloat16"}}
    with pytest.raises(Killed):
        train(files, tmp_path / "killed", "after a checkpoint", 16, **narrow)
    curve, state = train(files, tmp_path / "unbroken", **narrow)
    assert_equal(train(files, tmp_path / "killed", **narrow), (curve, state))
    assert any((ours != theirs).any() for ours, theirs in zip(state, unbroken[1], strict=True))


def test_another_seed_gives_another_model(files, unbroken, tmp_path):
    """What the tests above compare does depend on order and dropout."""
    state = train(files, tmp_path, seed=2)[1]
    assert any((ours != theirs).any() for ours, theirs in zip(state, unbroken[1], strict=True))


def test_without_patience_the_last_epoch_is_kept(files, tmp_path):
    curve, state = train(files, tmp_path, patience=None)
    assert [row.kept for row in curve] == [False, False, True]
    assert [int(value) for value in state if value.dtype == np.int64 and not value.shape] == [30]
    assert not (tmp_path / "best").exists()
