"""Learning-rate factors by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import tensorflow as tf

from widedeep.components.trainer.training.schedule import factor
from widedeep.components.trainer.training_options import Schedule


def at(step: int, **options: Any) -> float:
    return float(factor(Schedule.model_validate(options), tf.constant(step, tf.int64)))


@pytest.mark.parametrize("step", [0, 1, 10**9])
def test_without_a_schedule_the_rate_stays(step):
    assert at(step) == 1.0


@pytest.mark.parametrize(("step", "expected"), [(0, 0.25), (1, 0.5), (2, 0.75), (3, 1.0), (4, 1.0), (10**9, 1.0)])
def test_warm_up_rises_in_equal_steps(step, expected):
    assert at(step, warmup_steps=4) == pytest.approx(expected)


LINEAR = {"warmup_steps": 4, "decay": "linear", "decay_steps": 10}
COSINE = LINEAR | {"decay": "cosine"}


@pytest.mark.parametrize(
    ("options", "step", "expected"),
    [
        # Warm-up ends at step 3, the fall begins at step 4 and ends at step 14.
        (LINEAR, 0, 0.25),
        (LINEAR, 3, 1.0),
        (LINEAR, 4, 1.0),
        (LINEAR, 5, 0.9),
        (LINEAR, 9, 0.5),
        (LINEAR, 14, 0.0),
        (LINEAR, 99, 0.0),
        (LINEAR | {"final": 0.2}, 9, 0.6),
        (LINEAR | {"final": 0.2}, 99, 0.2),
        (LINEAR | {"warmup_steps": 0}, 0, 1.0),
        (LINEAR | {"warmup_steps": 0}, 1, 0.9),
        (COSINE, 1, 0.5),
        (COSINE, 4, 1.0),
        (COSINE, 9, 0.5),
        (COSINE, 6, (1 + math.cos(0.2 * math.pi)) / 2),
        (COSINE, 14, 0.0),
        (COSINE | {"final": 0.2}, 6, 0.2 + 0.8 * (1 + math.cos(0.2 * math.pi)) / 2),
        (COSINE | {"final": 0.2}, 99, 0.2),
    ],
)
def test_the_fall_follows_the_formula(options, step, expected):
    assert at(step, **options) == pytest.approx(expected, abs=1e-6)
