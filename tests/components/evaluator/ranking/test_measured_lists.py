"""Metrics of lists in the whole Evaluator, against scikit-learn's of each list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

USERS, ROWS = 60, 1500
# TFMA's area under precision and recall divides by the scores above the highest, of which there are none.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")


@pytest.fixture(scope="module")
def rows() -> dict[str, np.ndarray]:
    """Rows of users, some of whom like everything; ten rows of no user, and a user whose rows have no weight."""
    random = np.random.default_rng(2)
    user = random.integers(0, USERS, ROWS)
    taste = random.normal(size=ROWS)
    liked = (taste + random.normal(size=ROWS) > 0) | (user < 5)
    names = np.array([f"user{number}" for number in user], dtype=object)
    names[-10:] = ""
    weight = random.choice([0.5, 1.0, 3.0], ROWS)
    weight[user == 7] = 0
    return {
        "y": liked.astype(np.int64),
        "w": weight,
        "city": np.full(ROWS, "Rome"),
        "item": names,
        # Ties, too.
        "candidate": (np.round(taste * 4) / 40 + 0.5).astype(np.float32),
        "old": random.random(ROWS).astype(np.float32),
    }


@pytest.fixture(scope="module")
def evaluated(evaluate_in, declare, rows, tmp_path_factory) -> Any:
    options = {"group_by": "item", "ranking": {"at": [3, 10]}, "bounds": {"gauc": {"at_least": 0.5}}}
    return evaluate_in(tmp_path_factory.mktemp("lists"))(declare(), rows, options, baseline="old").results


def by_list(rows: dict[str, np.ndarray], score: str) -> dict[str, float]:
    """The GAUC weighs a list by its rows' weights, NDCG by their mean."""
    lists = []
    for user in {*rows["item"]} - {""}:
        chosen = (rows["item"] == user) & (rows["w"] > 0)
        label, scores, weight = (rows[name][chosen] for name in ("y", score, "w"))
        if 0 < label.sum() < label.size:
            area = metrics.roc_auc_score(label, scores, sample_weight=weight)
            gains = [metrics.ndcg_score([label], [scores], k=k) for k in (3, 10)]
            lists.append((weight.sum(), weight.mean(), area, *gains))
    sums, means, areas, *gains = np.array(lists).T
    return {
        "gauc": np.average(areas, weights=sums),
        "ndcg@3": np.average(gains[0], weights=means),
        "ndcg@10": np.average(gains[1], weights=means),
    }


def test_metrics_are_the_means_of_the_lists(evaluated, rows) -> None:
    expected = {model: by_list(rows, column) for model, column in (("candidate", "candidate"), ("baseline", "old"))}
    for model, metric, value in [(m, metric, value) for m in expected for metric, value in expected[m].items()]:
        assert evaluated.metrics[model][metric] == pytest.approx(value, rel=1e-6), (model, metric)
        low, high = evaluated.intervals[model][metric]
        assert low < value < high
    change = expected["candidate"]["gauc"] - expected["baseline"]["gauc"]
    low, high = evaluated.intervals["change"]["gauc"]
    assert low < change < high
    assert (low + high) / 2 == pytest.approx(change, rel=1e-6)
    assert evaluated.metrics["candidate"].keys() >= {"mrr", "recall@3", "hit@3", "recall@10", "hit@10"}


def test_lists_of_one_label_do_not_count_and_are_told(evaluated, rows) -> None:
    """The five users who like all, and the one without weight, who has no list at all."""
    counts = {"by": "item", "lists": USERS - 1, "counted": USERS - 6, "rows_outside": 10, "share": 1.0}
    assert evaluated.lists.model_dump() == counts
    assert evaluated.blessed


def test_what_no_list_tells_blesses_nobody(evaluate, declare, rows) -> None:
    """Each row is a list by itself, and so has one label."""
    few = {name: column[:200] for name, column in rows.items()} | {"item": np.array([f"{n}" for n in range(200)])}
    options = {"group_by": "item", "bounds": {"gauc": {"at_least": 0.5}}, "beat_base_rate": False}
    results = evaluate(declare(), few, options).results
    [said] = results.refusals
    zero = int(np.sum(few["w"] > 0))
    assert said == (f"gauc is nan, which is no number: 0 of the {zero} lists of one 'item' have rows of both labels")
    assert results.metrics["candidate"]["gauc"] is None
