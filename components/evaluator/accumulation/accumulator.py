"""What one pass over labels and scores keeps: sums of which every metric, and its noise, follows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from widedeep.components.evaluator.accumulation.areas import steps
from widedeep.components.evaluator.accumulation.base_rates import LEAST_CHANCE, Rates, base_losses, sides
from widedeep.components.evaluator.accumulation.histogram import Histogram, bins
from widedeep.components.evaluator.accumulation.score_range import ScoreRange
from widedeep.components.features.spec import Label

# Rows fall into these by the hash of their content; the jackknife leaves out one after another.
GROUPS = 50
# Of a slice's scores by bin and group: some hundreds of bins, of which the noise of an area follows.
MOST_KEYS = 50_000
# The columns of an accumulator's `sums`. `loss` is -log P(label), or the squared error; `right` a hit, or the absolute
# error; `base` the loss of who knows the label's rates alone; `side` is the weight of the rows on the label's one side;
# then come the rows with weight and the squares of the weights, and both of the one side. See base_rates.py.
WEIGHT, LABEL, SCORE, LOSS, RIGHT, BASE, SIDE, ROWS, SQUARE, SIDE_ROWS, SIDE_SQUARE = range(11)


@dataclass
class Batch:
    """Some rows: label [n], score [n] ([n, classes]), weight [n], and the group of each, int64 [n]."""

    label: np.ndarray
    score: np.ndarray
    weight: np.ndarray
    group: np.ndarray

    def of(self, chosen: np.ndarray) -> Batch:
        """The rows of a mask."""
        return Batch(self.label[chosen], self.score[chosen], self.weight[chosen], self.group[chosen])


@dataclass
class Accumulator:
    """One model on one slice, or on all rows.

    Attributes:
        label: the declared label.
        whole: whether of all rows, of which the plots are made.
        rows: how many there were.
        rates: of the label in what the model learned from; without them `base` is 0.
        broken: how many of them have a score that is no number; they count nowhere else.
        least: the smallest label of a row with weight, and `most` the largest, as long as there is one.
        score_range: where the scores lie.
        sums: float64 [GROUPS, 11].
        scores: weight, label and, of all rows, score by bin of the score and group: the key is bin * GROUPS + group. Of
            classes the score is that of the likeliest one, and the label whether it is right.
        steps: weight and label by step of the score; of a binary label.
        residuals: weight by bin of label - score; of a regression.
        pairs: weight by label * classes + likeliest class.
    """

    label: Label
    whole: bool
    rates: Rates = ()
    rows: int = 0
    broken: int = 0
    least: float = np.inf
    most: float = -np.inf
    sums: np.ndarray = field(default_factory=lambda: np.zeros((GROUPS, SIDE_SQUARE + 1)))
    score_range: ScoreRange = field(init=False)
    scores: Histogram = field(init=False)
    steps: Histogram = field(default_factory=lambda: Histogram(2))
    residuals: Histogram = field(default_factory=lambda: Histogram(1))
    pairs: Histogram = field(default_factory=lambda: Histogram(1))

    def __post_init__(self) -> None:
        self.score_range = ScoreRange(chances=self.label.kind != "regression")
        # A slice has no plots, which alone need the scores themselves and fine bins; and there may be many slices.
        self.scores = Histogram(SCORE + 1, GROUPS) if self.whole else Histogram(LABEL + 1, GROUPS, MOST_KEYS)

    def add(self, batch: Batch) -> None:
        """Adds rows."""
        if not batch.label.size:
            return
        whole = np.isfinite(batch.score.reshape(batch.label.size, -1)).all(axis=1)
        self.rows += whole.size
        if not whole.all():
            self.broken += int(np.sum(~whole))
            batch = batch.of(whole)
        label, score = batch.label.astype(np.float64), batch.score.astype(np.float64)
        if not label.size:
            return
        counted = label[batch.weight > 0]
        self.least = min(self.least, counted.min(initial=np.inf))
        self.most = max(self.most, counted.max(initial=-np.inf))
        self.score_range.add(score.reshape(label.size, -1))
        if self.label.kind == "multiclass":
            self._add_classes(batch, score)
        elif self.label.kind == "regression":
            error = label - score
            self._add(batch, label, score, error**2, np.abs(error), binned=self.whole)
            if self.whole:
                self.residuals.add(bins(error), batch.weight[:, None].astype(np.float64))
        else:
            chance = np.clip(np.where(label > 0, score, 1 - score), LEAST_CHANCE, 1)
            self._add(batch, label, score, -np.log(chance), (score > 0.5) == (label > 0), binned=True)
            self.steps.add(steps(score), batch.weight[:, None] * np.stack([np.ones(label.size), label], axis=1))

    def merge(self, other: Accumulator) -> None:
        """Adds what another accumulator of the same model and slice counted."""
        self.rows += other.rows
        self.broken += other.broken
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)
        self.score_range.merge(other.score_range)
        self.sums = self.sums + other.sums
        for mine, theirs in (
            (self.scores, other.scores),
            (self.steps, other.steps),
            (self.residuals, other.residuals),
            (self.pairs, other.pairs),
        ):
            mine.merge(theirs)

    def _add_classes(self, batch: Batch, score: np.ndarray) -> None:
        label = batch.label.astype(np.int64)
        likeliest = score.argmax(axis=1)
        right = likeliest == label
        loss = -np.log(np.clip(score[np.arange(label.size), label], LEAST_CHANCE, 1))
        # What is binned is how sure the model is, and whether rightly.
        self._add(batch, right, score.max(axis=1), loss, right, binned=self.whole)
        if self.whole:
            pair = label * score.shape[1] + likeliest
            self.pairs.add(pair, batch.weight[:, None].astype(np.float64))

    def _add(
        self,
        batch: Batch,
        label: np.ndarray,
        score: np.ndarray,
        loss: np.ndarray,
        right: np.ndarray,
        binned: bool,
    ) -> None:
        weight = batch.weight.astype(np.float64)
        truth = batch.label.astype(np.float64)
        base = base_losses(self.label, self.rates, truth) if self.rates else np.zeros(weight.size)
        side = sides(self.label, self.rates, truth)
        columns = np.stack([np.ones(weight.size), label, score, loss, right, base, side], axis=1) * weight[:, None]
        counts = np.stack([weight > 0, weight**2], axis=1)
        np.add.at(self.sums, batch.group, np.concatenate([columns, counts, counts * side[:, None]], axis=1))
        if binned:
            self.scores.add(bins(score) * GROUPS + batch.group, columns[:, : self.scores.columns])
