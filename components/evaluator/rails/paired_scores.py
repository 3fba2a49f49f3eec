"""Metrics of several models on the same rows, and how sure one's lead over another is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.evaluator.accumulation.base_rates import LEAST_CHANCE
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.measurement import CHANGE, Estimate
from widedeep.components.evaluator.rails.simple_models import Labelled
from widedeep.components.evaluator.ranking.list_metrics import ListRows, list_metrics
from widedeep.components.evaluator.ranking.list_sums import NO_LIST, ListSums
from widedeep.components.evaluator.ranking.ranking_options import list_metric_names
from widedeep.components.evaluator.ranking.ranking_record import ranking_record
from widedeep.components.evaluator.statistics.intervals import estimate_change
from widedeep.components.evaluator.statistics.jackknife import replicates, standard_error
from widedeep.components.evaluator.statistics.supports import supports
from widedeep.components.features.spec import FeatureSpec

# Of rows; those of lists join them where there are any.
_METRICS = ("auc", "logloss")


@dataclass(frozen=True)
class PairedScores:
    """Scores of models on the same labelled rows, whose groups the jackknife leaves out.

    Attributes:
        spec: the feature declaration.
        options: of the evaluation.
        rows: with rows of both labels.
        scores: by model, float64 [n].
    """

    spec: FeatureSpec
    options: EvaluationOptions
    rows: Labelled
    scores: Mapping[str, np.ndarray]

    @cached_property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Each model's metrics: of rows, and of lists where there are any."""
        counted = self.rows.weight > 0
        label, weight = self.rows.label[counted] > 0, self.rows.weight[counted]
        whole = ListRows(np.zeros(label.size, np.int64), label, weight)
        metrics = {}
        for model, every in self.scores.items():
            score = every[counted]
            chance = np.clip(np.where(label, score, 1 - score), LEAST_CHANCE, 1)
            area = list_metrics(whole, score, ())[0, 0]
            metrics[model] = {"auc": float(area), "logloss": float(np.average(-np.log(chance), weights=weight))}
        if self._lists:
            names = list_metric_names(self.options.ranking.at)
            for model, means in zip(self.scores, self._lists.means()[:, 0].tolist(), strict=True):
                metrics[model] |= dict(zip(names, means, strict=True))
        return metrics

    def change(self, model: str, other: str) -> dict[str, Estimate]:
        """By metric the model's less the other's, with its interval."""
        mine, theirs = (replicates(self._accumulators[name]) for name in (model, other))
        values, support = self.metrics, supports(self._accumulators[model])
        changes = {
            name: estimate_change(
                name,
                values[model][name] - values[other][name],
                standard_error(mine[name] - theirs[name]),
                support,
                self.options.confidence,
            )
            for name in _METRICS
        }
        if self._lists:
            places = [list(self.scores).index(name) for name in (model, other)]
            pair = dataclasses.replace(self._lists, sums=self._lists.sums[places])
            record = ranking_record(pair, self.options.list_key or "", self.options.ranking.at)
            changes |= record.estimates(CHANGE, self.options.confidence)
        return changes

    @cached_property
    def _accumulators(self) -> dict[str, Accumulator]:
        made = {}
        for model, score in self.scores.items():
            made[model] = Accumulator(self.spec.label, whole=True)
            made[model].add(Batch(self.rows.label, score, self.rows.weight, self._groups))
        return made

    @cached_property
    def _groups(self) -> np.ndarray:
        """The jackknife's group of each row, int64 [n]."""
        own = np.arange(self.rows.label.size) % GROUPS
        return own if self.options.group_by is None else _hashed(self.rows, self.options.group_by, GROUPS, own)

    @cached_property
    def _lists(self) -> ListSums | None:
        key = self.options.list_key
        if not key or not self.options.list_metrics(self.spec.label):
            return None
        number = _hashed(self.rows, key, 2**62, np.full(self.rows.label.size, NO_LIST))
        rows = ListRows(number, self.rows.label > 0, self.rows.weight)
        # Without a user the rows of a list stay together.
        group = self._groups if self.options.group_by else number % GROUPS
        return ListSums.of(rows, group, np.stack(list(self.scores.values()), axis=1), self.options.ranking.at)


def _hashed(rows: Labelled, key: str, size: int, missing: np.ndarray) -> np.ndarray:
    """A number below `size` for each row's value of a feature, and that of `missing` where it has none: int64 [n]."""
    column = rows.rows.column(key)
    numbers = missing.copy()
    if len(column.values):
        encoded = column.values.dictionary_encode()
        hashes = tf.strings.to_hash_bucket_fast(encoded.dictionary.to_pylist(), size).numpy()
        numbers[column.rows] = hashes[encoded.indices.to_numpy()]
    return numbers
