"""Metrics of lists, against all orders of equal scores, and against scikit-learn."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from widedeep.components.evaluator.ranking.list_metrics import ListRows, list_metrics
from widedeep.components.evaluator.ranking.ranking_options import list_metric_names

PLACES = (1, 2, 3, 10)
Row = tuple[bool, int, int]


def measured(lists: list[list[Row]], places: tuple[int, ...] = PLACES) -> list[dict[str, float]]:
    """Of rows (label, score, weight), shuffled among each other: each list's metrics."""
    flat = [(number, *row) for number, rows in enumerate(lists) for row in rows]
    np.random.default_rng(5).shuffle(flat)
    number, label, score, weight = (np.array(column) for column in zip(*flat, strict=True))
    # Lists are told apart by any numbers.
    rows = ListRows(number * 7919 - 3, label.astype(bool), weight.astype(np.float64))
    metrics = list_metrics(rows, score.astype(np.float32), places)
    return [dict(zip(list_metric_names(places), row, strict=True)) for row in metrics.tolist()]


def in_order(labels: list[bool], places: tuple[int, ...]) -> dict[str, float]:
    """The definitions, of rows in a certain order."""
    metrics = {"mrr": 1 / (1 + labels.index(True))}
    for k in places:
        gains = [1 / math.log2(2 + place) for place in range(len(labels))]
        best = sum(gains[: min(k, sum(labels))])
        metrics[f"ndcg@{k}"] = sum(gain for gain, label in zip(gains[:k], labels, strict=False) if label) / best
        metrics[f"recall@{k}"] = sum(labels[:k]) / sum(labels)
        metrics[f"hit@{k}"] = float(any(labels[:k]))
    return metrics


def by_all_orders(rows: list[Row]) -> dict[str, float]:
    """Means over every order that the scores allow; and the weighted AUC by its pairs."""
    ties = [list(tie) for _, tie in itertools.groupby(sorted(rows, key=lambda row: -row[1]), lambda row: row[1])]
    orders = itertools.product(*(itertools.permutations(tie) for tie in ties))
    each = [in_order([row[0] for tie in order for row in tie], PLACES) for order in orders]
    means = {name: float(np.mean([metrics[name] for metrics in each])) for name in each[0]}
    pairs = [(a, b) for a in rows if a[0] for b in rows if not b[0]]
    won = sum(a[2] * b[2] * ((a[1] > b[1]) + (a[1] == b[1]) / 2) for a, b in pairs)
    return means | {"gauc": won / sum(a[2] * b[2] for a, b in pairs)}


rows_of_a_list = st.lists(
    st.tuples(st.booleans(), st.integers(0, 2), st.integers(1, 3)), min_size=2, max_size=6
).filter(lambda rows: 0 < sum(row[0] for row in rows) < len(rows))


@given(st.lists(rows_of_a_list, min_size=1, max_size=4))
def test_ties_count_as_the_mean_of_all_their_orders(lists) -> None:
    for values, rows in zip(measured(lists), lists, strict=True):
        assert values == pytest.approx(by_all_orders(rows), abs=1e-9)


def test_long_lists_are_as_scikit_learn_has_them() -> None:
    """Its NDCG takes the mean over equal scores, as we do, and its AUC counts them half."""
    random = np.random.default_rng(1)
    lists = [
        [
            (bool(label), int(score), int(weight))
            for label, score, weight in zip(
                random.integers(0, 2, 400), random.integers(0, 50, 400), random.integers(1, 4, 400), strict=True
            )
        ]
        for _ in range(3)
    ]
    for values, rows in zip(measured(lists, (5, 1000)), lists, strict=True):
        label, score, weight = np.array(rows).T
        assert values["gauc"] == pytest.approx(metrics.roc_auc_score(label, score, sample_weight=weight))
        for k in (5, 1000):
            assert values[f"ndcg@{k}"] == pytest.approx(metrics.ndcg_score([label], [score], k=k))
        assert (values["recall@1000"], values["hit@1000"]) == (1, 1)


def test_a_model_without_an_opinion_is_worth_what_chance_is() -> None:
    """Of 30 equal rows three have label 1."""
    [values] = measured([[(number < 3, 1, 1) for number in range(30)]], (10,))
    assert values["gauc"] == pytest.approx(0.5)
    assert values["recall@10"] == pytest.approx(10 / 30)
    assert values["hit@10"] == pytest.approx(1 - math.comb(20, 3) / math.comb(30, 3))
