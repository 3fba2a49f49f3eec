"""Simple models in the whole Evaluator: what each is worth beside the candidate, and who is overtaken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.rails.measured_rails import measure_rails
from widedeep.components.evaluator.rails.overtakers import overtakers
from widedeep.components.evaluator.rails.rails_record import RailsRecord

# TFMA's area under precision and recall divides by the scores above the highest, of which there are none.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")


def drawn(seed: int, rows: int) -> dict[str, np.ndarray]:
    """Items of different popularity, in cities that like other items; the candidate knows the item alone, noisily."""
    random = np.random.default_rng(seed)
    item, city = random.integers(0, 20, rows), random.integers(0, 2, rows)
    chance = 0.1 + 0.03 * item + 0.2 * (item % 2 == city)
    return {
        "y": (random.random(rows) < chance).astype(np.int64),
        "w": random.choice([1.0, 2.0], rows),
        "city": np.array(["Rome", "Oslo"])[city],
        "item": np.array([f"item{number}" for number in item]),
        "candidate": np.clip(0.3 + 0.01 * item + random.normal(0, 0.1, rows), 0, 1).astype(np.float32),
    }


@pytest.fixture(scope="module")
def results(evaluate_in, declare, tmp_path_factory) -> Any:
    evaluate = evaluate_in(tmp_path_factory.mktemp("rails"))
    return evaluate(declare(), drawn(1, 3000), {"group_by": "item"}, train_rows=drawn(2, 4000)).results


def test_all_models_are_measured_on_the_same_rows_as_the_candidate(results) -> None:
    rails = results.rails
    assert (rails.rows, rails.all_rows, rails.train_rows, rails.all_train_rows) == (3000, True, 4000, True)
    assert rails.candidate_key == "item"
    assert [rail.name for rail in rails.rails] == ["constant", "popularity", "logistic_regression"]
    measured = results.metrics["candidate"]
    for name, value in rails.candidate.items():
        # TFMA rounds the scores to 10,000 thresholds before it sums up an area.
        assert value == pytest.approx(measured[name], rel=1e-3 if name == "auc" else 1e-5), name
    constant = rails.rails[0]
    assert (constant.metrics["auc"], constant.metrics["gauc"]) == (0.5, 0.5)
    for rail in rails.rails:
        for name, value in rail.metrics.items():
            assert rail.changes[name] == pytest.approx(rails.candidate[name] - value)


def test_what_a_simple_model_does_better_is_a_warning(results) -> None:
    """The candidate's noise drowns what it knows of the items."""
    said = [warning.split(": ")[0] for warning in results.warnings]
    assert "each candidate's popularity does better than the model" in said
    assert "a logistic regression on the same features does better than the model" in said


def rails(**rail: Any) -> RailsRecord:
    made = {"name": "logistic_regression", "metrics": {"auc": 0.75, "logloss": 0.5}, "changes": {}, "intervals": {}}
    return RailsRecord.model_validate(
        {
            "rows": 9,
            "all_rows": True,
            "train_rows": 9,
            "all_train_rows": True,
            "candidate_key": None,
            "candidate": {"auc": 0.7, "logloss": 0.45},
            "rails": [made | rail],
        }
    )


@pytest.mark.parametrize(
    ("auc", "logloss", "said"),
    [
        ((-0.06, -0.04), (-0.06, -0.04), ["auc 0.7500 beside 0.7000"]),
        ((-0.06, 0.01), (-0.06, 0.01), []),
        ((0.01, 0.06), (0.01, 0.06), ["logloss 0.5000 beside 0.4500"]),
    ],
)
def test_better_is_what_lies_beyond_noise(auc, logloss, said) -> None:
    """A model is better where its AUC is higher and its log loss lower."""
    ahead = overtakers(
        rails(changes={"auc": -0.05, "logloss": -0.05}, intervals={"auc": auc, "logloss": logloss}), EvaluationOptions()
    )
    metric, ends = ("auc", auc) if said and said[0].startswith("auc") else ("logloss", logloss)
    assert ahead == [
        f"a logistic regression on the same features does better than the model: {sentence} "
        f"(95 % interval of the difference: {ends[0]:+.4f} to {ends[1]:+.4f})"
        for sentence in said
    ], metric


def test_what_has_no_simple_models_reads_nothing(declare) -> None:
    """Neither file is there."""
    for spec, options in ((declare(kind="regression"), {}), (declare(), {"rails": False})):
        made = EvaluationOptions.model_validate(options)
        assert measure_rails("/no/model", ["/no/train"], ["/no/test"], spec, made) is None
