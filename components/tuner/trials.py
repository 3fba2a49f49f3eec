"""What a search tried, and what came of it: kept while it lasts, and told when it is done."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from widedeep.components.common.metrics import HIGHER_IS_BETTER

FILE = "trials.json"


@dataclass(frozen=True)
class Trial:
    """One training: the options tried, by dotted name, and the metric on eval, or why there is none."""

    trial: int
    values: dict[str, Any]
    value: float | None
    seconds: float
    error: str | None = None


@dataclass
class Trials:
    """The trials of a search, in order.

    Attributes:
        metric: what was measured on eval.
        search: how values were chosen: random or bayesian.
        trials: the trials so far.
    """

    metric: str
    search: str
    trials: list[Trial] = field(default_factory=list)

    @property
    def best(self) -> int | None:
        """The number of the best trial, of equal ones the first; None where none ended well."""
        ended = [(one.value, one.trial) for one in self.trials if one.value is not None]
        if not ended:
            return None
        return min(ended, key=lambda one: (-one[0] if HIGHER_IS_BETTER[self.metric] else one[0], one[1]))[1]

    def write(self, folder: str) -> None:
        """Writes all of it whole, or leaves what was there."""
        tf.io.gfile.makedirs(folder)
        path = os.path.join(folder, FILE)
        with tf.io.gfile.GFile(f"{path}.new", "w") as file:
            file.write(json.dumps({**dataclasses.asdict(self), "best": self.best}, indent=1))
        tf.io.gfile.rename(f"{path}.new", path, overwrite=True)


def finished(folder: str) -> list[Trial]:
    """The trials that `write` left in a folder, none where it was never there."""
    path = os.path.join(folder, FILE)
    if not tf.io.gfile.exists(path):
        return []
    with tf.io.gfile.GFile(path) as file:
        return [Trial(**one) for one in json.load(file)["trials"]]
