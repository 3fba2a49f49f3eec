"""Milliseconds a training step of several sizes, measured in turn. NumPy alone: peers' environments run it too.

Every model of step_cost.py learns the same: a label from 10 ids of the wide part and one of the deep part.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

BATCH = 1024
WIDE_IDS = 10
# The deep part does not grow: an embedding of so many rows, so wide, and hidden layers.
ITEMS, EMBEDDING, HIDDEN = 10_000, 16, (256, 128, 64)
_BATCHES = 50
_WARM_UP = 5
_STEPS, _TURNS = 10, 5

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
Step = Callable[[np.ndarray, np.ndarray, np.ndarray], object]


def batches(buckets: int) -> list[Batch]:
    """Wide ids int64 [BATCH, WIDE_IDS] below `buckets`, item int64 [BATCH], label float32 [BATCH].

    Ids follow Zipf's law with exponent 1.3, as ids of real data roughly do; a size differs from another by the
    remainder alone.
    """
    random = np.random.default_rng(0)
    made = []
    for _ in range(_BATCHES):
        wide = random.zipf(1.3, (BATCH, WIDE_IDS)) % buckets
        item = random.zipf(1.3, BATCH) % ITEMS
        made.append((wide, item, random.integers(0, 2, BATCH).astype(np.float32)))
    return made


def measure(make: Callable[[int], Step]) -> None:
    """Writes {size: [milliseconds]} to the file that the first argument names; sizes are the other arguments.

    Args:
        make: a model's step for so many wide buckets. The step returns when it is done.
    """
    sizes = [int(size) for size in sys.argv[2:]]
    steps = {size: make(size) for size in sizes}
    data = {size: batches(size) for size in sizes}
    for size in sizes:
        _timed(steps[size], data[size][:_WARM_UP])
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for turn in range(_TURNS):
        for size in sizes:
            times[size] += _timed(steps[size], data[size][turn * _STEPS : (turn + 1) * _STEPS])
    Path(sys.argv[1]).write_text(json.dumps(times))


def _timed(step: Step, data: list[Batch]) -> list[float]:
    times = []
    for batch in data:
        started = time.perf_counter()
        step(*batch)
        times.append(1000 * (time.perf_counter() - started))
    return times
