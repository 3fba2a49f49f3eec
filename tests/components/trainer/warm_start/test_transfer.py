"""What a training takes over from an earlier one, row by row: against the rows' meaning, written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from warmstart_scene import (
    KNOWN,
    OTHER_ITEMS,
    OTHER_USERS,
    WIDE,
    batch,
    layers,
    logits,
    rows,
    tables,
    trained,
    training,
)

from widedeep.components.trainer.training.state import Training
from widedeep.components.trainer.warm_start.transfer import warm_start

KINDS: dict[str, dict[str, Any]] = {
    "adagrad": {},
    "adam, and products": {"deep": {"optimizer": "adam", "learning_rate": 0.01, "products": True}},
    "batch_norm": {"deep": {"batch_norm": True}},
    "wide": {"model": "wide"},
    "deep": {"model": "deep"},
}


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest) -> tuple[Training, Training, list[str]]:
    """An old training, a new one of a changed vocabulary that was started from it, and what was said."""
    options = KINDS[request.param]
    old = trained(training(**options))
    new = training(users=OTHER_USERS, items=OTHER_ITEMS, **options)
    return old, new, warm_start(new, old)


def test_rows_of_known_values_are_predicted_as_before(pair):
    old, new, _ = pair
    before = logits(old, KNOWN)
    assert before.std() > 0.2
    np.testing.assert_allclose(logits(new, KNOWN), before, rtol=0, atol=1e-6)


def test_rows_of_strings_that_neither_knows_are_predicted_as_before(pair):
    old, new, _ = pair
    unknown = rows(32, 7, [b"xan", b"yul", b"zoe"], [b"yak"])
    np.testing.assert_allclose(logits(new, unknown), logits(old, unknown), rtol=0, atol=1e-6)


def test_rows_of_new_strings_are_as_in_a_model_that_never_saw_another(pair):
    _, new, _ = pair
    fresh = training(new.spec, OTHER_USERS, OTHER_ITEMS, **new.options.model_dump())
    ours, theirs = tables(new), tables(fresh)
    for (column, width), parts in ours.items():
        place = {"user_id": OTHER_USERS.index(b"gus"), "item_id": OTHER_ITEMS.index(b"gnu")}
        place["seen_id"] = place["item_id"]
        if column in place:
            for name, values in parts.items():
                row = place[column]
                assert (values[row] == theirs[column, width][name][row]).all(), (column, name)
                assert (values != theirs[column, width][name]).any(), (column, name)


def test_what_changed_in_the_vocabularies_is_said(pair):
    assert pair[2] == [
        "user: 5 strings are known, 1 start fresh, 1 are gone.",
        "item: 4 strings are known, 1 start fresh, 1 are gone.",
        "seen: 4 strings are known, 1 start fresh, 1 are gone.",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_steps_are_those_of_the_old_trainer(kind):
    """FTRL makes a weight from its slots, and the others divide by theirs: without them a step goes elsewhere."""
    old = trained(training(**KINDS[kind]))
    new = training(users=OTHER_USERS, items=OTHER_ITEMS, **KINDS[kind])
    warm_start(new, old)
    for step in range(3):
        chosen = KNOWN[step * 16 : step * 16 + 16]
        before = logits(old, KNOWN)
        expected, loss = (made.trainer.step(batch(made, chosen)).numpy() for made in (old, new))
        np.testing.assert_allclose(loss, expected, rtol=1e-5)
        assert np.abs(logits(old, KNOWN) - before).max() > 1e-3
        np.testing.assert_allclose(logits(new, KNOWN), logits(old, KNOWN), rtol=0, atol=1e-5)
    ours, theirs = tables(new), tables(old)
    for (column, width), parts in ours.items():
        if column not in ("user_id", "item_id", "seen_id"):
            for name, values in parts.items():
                np.testing.assert_allclose(values, theirs[column, width][name], rtol=0, atol=1e-5)


def test_weights_of_the_wide_part_survive_their_first_update():
    old = trained(training())
    new = training(users=OTHER_USERS, items=OTHER_ITEMS)
    warm_start(new, old)
    before = tables(new)["user_id", 1]["weights"]
    assert np.count_nonzero(before) >= 4
    still(new)
    np.testing.assert_allclose(tables(new)["user_id", 1]["weights"], before, rtol=0, atol=1e-6)


def still(made: Training) -> None:
    """A step of all wide weights and the bias with gradients of 0."""
    wide, ones = made.trainer.model.wide, tf.constant(1.0)
    wide.apply_rows(tf.zeros(wide.shape), tf.range(wide.shape[0]), ones)
    made.trainer.bias.apply(tf.zeros(made.trainer.model.bias.shape), ones)


@pytest.mark.parametrize(
    "wide", [{"learning_rate": 0.05}, {"learning_rate": 0.8, "l1": 0.1}, {"l1": 5.0}, {"l2": 9.0, "l1": 0.0}]
)
def test_other_rates_and_penalties_leave_the_weights_as_they_are(wide):
    """Until a gradient comes: a row's update must not rescale it, nor bring weights that L1 held at 0."""
    old = trained(training())
    new = training(wide=WIDE | wide)
    assert warm_start(new, old) == []
    weights, bias = new.trainer.model.wide.numpy(), new.trainer.model.bias.numpy()
    assert 0.1 < np.count_nonzero(weights) / weights.size < 0.9
    assert abs(bias[0]) > 0.01
    still(new)
    np.testing.assert_allclose(new.trainer.model.wide.numpy(), weights, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(new.trainer.model.bias.numpy(), bias, rtol=1e-5)
    squares = [made.trainer.model.wide.sums().real for made in (old, new)]
    assert (squares[0] == squares[1]).all()


def test_another_optimizer_starts_with_slots_of_its_own():
    old = trained(training())
    new = training(deep={"optimizer": "adam", "learning_rate": 0.01})
    assert warm_start(new, old) == ["the optimizer of the deep part was adagrad: its memory of gradients is gone."]
    np.testing.assert_allclose(logits(new, KNOWN), logits(old, KNOWN), rtol=0, atol=1e-6)
    for (column, width), parts in tables(new).items():
        for name in parts.keys() - {"weights", "sums", "accumulator"}:
            assert (parts[name] == 0).all(), (column, width, name)
    assert (layers(new)["kernel 0 uses"] == 0).all()
    assert (tables(new)["user_id", 1]["sums"] == tables(old)["user_id", 1]["sums"]).all()
