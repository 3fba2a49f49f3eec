"""Each metric against TFMA's own of the same rows, row by row through its combiners."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tensorflow_model_analysis.metrics import metric_types

from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Accumulator, Batch
from widedeep.components.evaluator.evaluation_options import METRICS
from widedeep.components.evaluator.statistics.metric_values import metric_values, tfma_metrics
from widedeep.components.features.spec import Label

BINARY = Label(key="y")
NUMBER = Label(key="y", kind="regression")
CLASSES = Label(key="y", kind="multiclass", classes=4)
ROWS = 300
# TFMA's area under precision and recall divides by the scores above the highest, of which there are none.
pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in divide:RuntimeWarning")


def accumulated(label: Label, truth: np.ndarray, score: np.ndarray, weight: np.ndarray) -> Accumulator:
    made = Accumulator(label, whole=False)
    for rows in np.array_split(np.arange(truth.size), 3):
        made.add(Batch(truth[rows], score[rows], weight[rows], rows % GROUPS))
    return made


def tfmas(name: str, truth: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
    """TFMA's metric of that class, as TFMA computes it."""
    metrics: dict[object, object] = {}
    metric = metric_types.registered_metrics()[name](name="it")
    for step in metric.computations(example_weighted=True):
        if hasattr(step, "result"):
            metrics |= step.result(metrics)
            continue
        summed = step.combiner.create_accumulator()
        for row in zip(truth, score, weight, strict=True):
            label, prediction, example_weight = (np.array([value]) for value in row)
            summed = step.combiner.add_input(
                summed,
                metric_types.StandardMetricInputs(label=label, prediction=prediction, example_weight=example_weight),
            )
        metrics |= step.combiner.extract_output(summed)
    [value] = [value for key, value in metrics.items() if key.name == "it"]
    return float(value)


def tied(random: np.random.Generator) -> np.ndarray:
    """Scores on and beside thresholds, at both ends, and many alike."""
    places = np.array([0.0, 1e-7, 1 / 9999, 0.0001, 0.5, 5000 / 9999, 1 - 1e-7, 1.0])
    return random.choice(places, ROWS).astype(np.float32)


def spread(random: np.random.Generator) -> np.ndarray:
    return random.random(ROWS).astype(np.float32)


def small(random: np.random.Generator) -> np.ndarray:
    """Chances of what is rare."""
    return random.beta(0.2, 40, ROWS).astype(np.float32)


@pytest.mark.parametrize("scores", [tied, spread, small])
@pytest.mark.parametrize("metric", METRICS["binary"])
def test_binary(metric: str, scores: Callable[[np.random.Generator], np.ndarray]) -> None:
    random = np.random.default_rng(5)
    score, weight = scores(random), random.choice([0.0, 0.5, 3.0], ROWS)
    truth = (random.random(ROWS) < (0.2 + 0.6 * score)).astype(np.int64)
    # TFMA's log loss of a chance of 0 is infinite, and its histogram has a step of its own for 1. The next to 1 in 32
    # bits is farther from it than the least chance that counts.
    given = score if metric == "calibration" else np.clip(score, np.float32(1e-7), np.float32(1 - 1e-7))
    theirs = tfmas(METRICS["binary"][metric], truth, given, weight)
    near = {"logloss": 5e-3 if scores is tied else 1e-6, "calibration": 1e-6}.get(metric, 1e-12)
    assert metric_values(accumulated(BINARY, truth, score, weight))[metric] == pytest.approx(theirs, rel=near)


@pytest.mark.parametrize("metric", ["mae", "calibration"])
def test_regression(metric: str) -> None:
    random = np.random.default_rng(6)
    truth = random.normal(40, 12, ROWS).astype(np.float32)
    score, weight = (truth + random.normal(1, 3, ROWS)).astype(np.float32), random.choice([0.5, 3.0], ROWS)
    class_name = {"mae": "MeanAbsoluteError"}.get(metric, METRICS["regression"][metric])
    theirs = tfmas(class_name, truth, score, weight)
    metrics = metric_values(accumulated(NUMBER, truth, score, weight))
    assert metrics[metric] == pytest.approx(theirs, rel=1e-6)
    assert metrics["rmse"] == pytest.approx(np.sqrt(np.average((truth - score) ** 2, weights=weight)), rel=1e-6)


def test_classes() -> None:
    random = np.random.default_rng(7)
    score, weight = random.dirichlet(np.ones(4), ROWS).astype(np.float32), random.choice([0.5, 3.0], ROWS)
    truth = random.integers(0, 4, ROWS)
    metrics = metric_values(accumulated(CLASSES, truth, score, weight))
    own = score[np.arange(ROWS), truth].astype(np.float64)
    assert metrics == pytest.approx(
        {
            "logloss": np.average(-np.log(own), weights=weight),
            "accuracy": np.average(score.argmax(axis=1) == truth, weights=weight),
        }
    )


@pytest.mark.parametrize("truth", [np.zeros(4, np.int64), np.ones(4, np.int64)])
def test_of_one_class_tfma_calls_the_area_0_or_what_follows(truth: np.ndarray) -> None:
    """Who reads it knows by the rows' labels that it is undefined."""
    score, ones = np.array([0.1, 0.2, 0.3, 0.4], np.float32), np.ones(4)
    metrics = metric_values(accumulated(BINARY, truth, score, ones))
    assert metrics["auc"] == tfmas("AUC", truth, score, ones) == 0
    assert np.isnan(metrics["calibration"]) == (truth.sum() == 0)


@pytest.mark.parametrize("label", [BINARY, NUMBER, CLASSES])
def test_without_a_row_that_counts_there_are_no_means(label: Label) -> None:
    """As where every score is no number."""
    values = metric_values(Accumulator(label, whole=False))
    areas = {"auc": 0.0, "auc_pr": 0.0}
    assert values == pytest.approx(
        {metric: areas.get(metric, float("nan")) for metric in METRICS[label.kind]}, nan_ok=True
    )


def test_rows_without_weight_have_no_mean() -> None:
    metrics = metric_values(accumulated(BINARY, np.array([0, 1]), np.array([0.1, 0.2], np.float32), np.zeros(2)))
    assert np.isnan([metrics["logloss"], metrics["accuracy"], metrics["calibration"]]).all()


def test_tfma_gets_both_models_and_their_difference_by_slice() -> None:
    truth, ones = np.array([0, 1, 1, 0]), np.ones(4)
    good = accumulated(BINARY, truth, np.array([0.1, 0.9, 0.8, 0.3], np.float32), ones)
    bad = accumulated(BINARY, truth, np.array([0.6, 0.9, 0.2, 0.3], np.float32), ones)
    whole, slice_ = tfma_metrics(
        {
            ("", "candidate"): good,
            ("", "baseline"): bad,
            ("city=a=b", "candidate"): good,
            ("city=a=b", "baseline"): bad,
        },
        weighted=False,
    )
    assert (whole[0], slice_[0]) == ((), (("city", "a=b"),))
    metrics = {(key.name, key.model_name, key.is_diff): value for key, value in whole[1].items()}
    assert metrics["accuracy", "candidate", False] == 1
    assert metrics["accuracy", "baseline", False] == 0.5
    assert metrics["accuracy", "candidate", True] == 0.5
    assert metrics["rows", "baseline", False] == 4
    [alone] = tfma_metrics({("", "candidate"): good}, weighted=False)
    assert {(key.model_name, key.is_diff) for key in alone[1]} == {("", False)}
