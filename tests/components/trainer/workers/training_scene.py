"""What tests of workers look at: a training's record and variables, what it serves, the processes that train."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from widedeep.components.trainer import run
from widedeep.components.trainer.training.state import load

Trained = tuple[dict[str, Any], list[np.ndarray]]
# Of 600 rows: ten batches of 64 an epoch, the last of which is not full.
TOGETHER = {"epochs": 6, "patience": None, "deep": {"hidden": [16, 8]}, "checkpoint_steps": 7}
TWO = {**TOGETHER, "workers": 2, "batch_size": 32}
ONE = {**TOGETHER, "batch_size": 64}


def trained(folder: Path, record: Path | None = None) -> Trained:
    """The record without its times, and all variables of model and optimizers.

    Args:
        folder: of `Prepared.fn_args`.
        record: where the record lies, if not in `run` there.
    """
    written = json.loads(((record or folder / "run") / "training.json").read_text())
    written["curve"] = [row | {"seconds": 0} for row in written["curve"]]
    state = load(run._state(str(folder / "serving")))
    return written, [variable.numpy() for variable in state.trainer.variables]


def served(folder: Path, prepared: Any) -> np.ndarray:
    """Scores of raw rows."""
    serving = tf.saved_model.load(str(folder / "serving")).signatures["serving_default"]
    return serving(examples=tf.constant([prepared.example(row) for row in prepared.raw[:20]]))["score"].numpy()


def workers(place: Path) -> dict[int, int]:
    """The processes that train in a folder below `place`, by their number: each one's output goes to a log there."""
    processes = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            log = Path(os.readlink(folder / "fd" / "1"))
            if log.is_relative_to(place) and log.stem.startswith("worker-"):
                processes[int(log.stem.removeprefix("worker-"))] = int(folder.name)
    return processes


def assert_alike(training: Trained, other: Trained) -> None:
    """Equal, but for the order of sums in 32 bits."""
    (record, state), (others_record, others_state) = training, other
    for row, others_row in zip(record["curve"], others_record["curve"], strict=True):
        assert row == pytest.approx(others_row, rel=1e-4)
    for part in ("crosses", "label"):
        assert record[part] == others_record[part]
    for ours, theirs in zip(state, others_state, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def assert_equal(training: Trained, other: Trained) -> None:
    """Equal, bit for bit."""
    assert training[0] == other[0]
    assert len(training[1]) == len(other[1])
    assert all((ours == theirs).all() for ours, theirs in zip(training[1], other[1], strict=True))
