"""What scoring has come to: how many rows, what is missing, and how good the scores are where the label is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import apache_beam as beam
import numpy as np
import tensorflow as tf

from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.features.spec import Label


@dataclass
class ScoreCounts:
    """Of some rows.

    Attributes:
        label: the declared one.
        rows: that were scored.
        aside: that could not be.
        unlabelled: of the scored ones those without a label, where labels are read.
        absent: optional columns by name, each with the files that lack it.
        first_fault: of the rows that could not be scored, the first one's in words, with file and row to sort by.
        measured: what the metrics follow from.
    """

    label: Label
    rows: int = 0
    aside: int = 0
    unlabelled: int = 0
    absent: dict[str, set[str]] = field(default_factory=dict)
    first_fault: tuple[int, int, str] | None = None
    measured: Accumulator = field(init=False)

    def __post_init__(self) -> None:
        self.measured = Accumulator(self.label, whole=True)

    def measure(self, examples: list[bytes], scores: np.ndarray, label: np.ndarray, weight: np.ndarray) -> None:
        """Adds rows that have labels, and counts those that have none.

        Args:
            examples: the rows, by whose content they are dealt out to the jackknife's groups.
            scores: float32 [n], or [n, classes].
            label: float64 [n], NaN where there is none.
            weight: float64 [n].
        """
        there = ~np.isnan(label)
        self.unlabelled += int(np.sum(~there))
        group = tf.strings.to_hash_bucket_fast(np.array(examples, object), GROUPS).numpy()
        self.measured.add(Batch(label, scores, weight, group).of(there))

    def merge(self, other: ScoreCounts) -> None:
        """Adds another one."""
        self.rows += other.rows
        self.aside += other.aside
        self.unlabelled += other.unlabelled
        for column, files in other.absent.items():
            self.absent.setdefault(column, set()).update(files)
        self.first_fault = min(filter(None, (self.first_fault, other.first_fault)), default=None)
        self.measured.merge(other.measured)


class Total(beam.CombineFn):
    """Adds tallies up."""

    def __init__(self, label: Label) -> None:
        super().__init__()
        self._label = label

    def create_accumulator(self) -> ScoreCounts:
        """Of no rows."""
        return ScoreCounts(self._label)

    def add_input(self, total: ScoreCounts, counts: ScoreCounts) -> ScoreCounts:
        """With one more."""
        total.merge(counts)
        return total

    def merge_accumulators(self, totals: Iterable[ScoreCounts]) -> ScoreCounts:
        """Of all."""
        whole = ScoreCounts(self._label)
        for total in totals:
            whole.merge(total)
        return whole

    def extract_output(self, total: ScoreCounts) -> ScoreCounts:
        """As it is."""
        return total
