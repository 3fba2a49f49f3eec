"""Models that anybody could have without this pipeline: the label's rate, popularity, and a logistic regression."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.evaluator.rails.id_columns import IdColumns
from widedeep.components.evaluator.rails.split_rows import SplitRows
from widedeep.components.features.spec import FeatureSpec

# Rows at the label's rate that each candidate is thought to have had before its first.
_PRIOR_ROWS = 20.0
# Of those tried the best over MovieLens and Frappe; scikit-learn's default, 1, overfits the former.
_INVERSE_L2 = 0.3
_MOST_STEPS = 30


@dataclass(frozen=True)
class Labelled:
    """Rows with their labels, float64 [n] of 0 and 1, and weights, float64 [n]."""

    rows: SplitRows
    label: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, spec: FeatureSpec, rows: SplitRows) -> Labelled:
        """As declared."""
        weight = rows.numbers(spec.weight) if spec.weight else np.ones(rows.count)
        return cls(rows, rows.numbers(spec.label.key), weight)

    @property
    def rate(self) -> float:
        """Of label 1; 0 or 1 where the rows tell no difference, NaN where none has a weight."""
        total = self.weight.sum()
        return float(self.label @ self.weight / total) if total > 0 else float("nan")


def candidate_key(spec: FeatureSpec, rows: SplitRows) -> str | None:
    """The feature that says which candidate a row is of; None where a candidate has no string.

    Of the candidate's required strings, or else of all of them, it is the one with most values.
    """
    strings = [each for each in spec.features if each.side == "candidate" and each.kind == "categorical"]
    named = [each.key for each in strings if each.required] or [each.key for each in strings]
    return max(named, key=lambda key: pc.count_distinct(rows.column(key).values).as_py(), default=None)


def popularity(key: str, train: Labelled, rows: SplitRows) -> np.ndarray:
    """The rate of label 1 of each row's candidate in train, as a score: float64 [n].

    It is smoothed: (s + 20 r) / (w + 20), with the sums s of label and w of weight over the candidate's rows, and the
    rate r of all, which a candidate that train does not have gets.
    """
    seen = train.rows.column(key)
    if not len(seen.values):
        return np.full(rows.count, train.rate)
    known = pc.unique(seen.values)
    ids = _ids(seen.values, known)
    weight = np.bincount(ids, train.weight[seen.rows], len(known))
    label = np.bincount(ids, (train.weight * train.label)[seen.rows], len(known))
    rates = np.append((label + _PRIOR_ROWS * train.rate) / (weight + _PRIOR_ROWS), train.rate)
    scores = np.full(rows.count, train.rate)
    asked = rows.column(key)
    if len(asked.values):
        scores[asked.rows] = rates[_ids(asked.values, known)]
    return scores


def _ids(values: pa.Array, known: pa.Array) -> np.ndarray:
    """Places among the known values; that after the last for others."""
    return np.asarray(pc.fill_null(pc.index_in(values, value_set=known), len(known)).to_numpy(), np.int64)


def logistic_regression(spec: FeatureSpec, train: Labelled, rows: SplitRows) -> np.ndarray:
    """Scores by a logistic regression on every feature's ids, without crosses: float64 [n].

    Args:
        spec: the feature declaration.
        train: rows of both labels to learn from.
        rows: to score.
    """
    # Imported where it is needed: a run whose Evaluator is cached does without.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    columns = IdColumns(spec, train.rows)
    model = LogisticRegression(C=_INVERSE_L2, solver="liblinear", max_iter=_MOST_STEPS, tol=1e-2)
    with warnings.catch_warnings():
        # After so many steps it is good enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(columns.matrix(train.rows), train.label, sample_weight=train.weight)
    return np.asarray(model.predict_proba(columns.matrix(rows))[:, 1])
