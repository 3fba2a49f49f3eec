"""What can be attained at most, against its definition pair by pair."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from widedeep.pipeline.datasets.appstore.attainable import Attainable


def test_auc_and_log_loss_are_those_of_their_definitions() -> None:
    random = np.random.default_rng(5)
    chance = np.clip(np.round(random.random(300), 2), 0.01, 0.99)
    taken = random.random(300) < chance
    halves = [Attainable(), Attainable()]
    for half, part in zip(halves, (slice(0, 100), slice(100, 300)), strict=True):
        half.add(chance[part].reshape(-1, 10), taken[part].reshape(-1, 10))
    halves[0].merge(halves[1])
    pairs = list(itertools.product(chance[taken].tolist(), chance[~taken].tolist()))
    assert halves[0].auc == pytest.approx(sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs))
    losses = [-math.log(c if t else 1 - c) for c, t in zip(chance, taken, strict=True)]
    assert halves[0].logloss == pytest.approx(sum(losses) / 300)
    assert (halves[0].rows, halves[0].rate) == (300, pytest.approx(taken.mean()))
