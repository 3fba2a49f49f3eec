"""The whole Evaluator: TFMA on the served signature, intervals, verdict and blessing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from tfx.types import standard_artifacts

from widedeep.components.resolvers.baseline import LatestOtherBlessedModel

ROWS = 2500
CLASSES = 4
# TFMA's area under precision and recall divides by the scores above the highest, of which there are none.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")


@pytest.fixture(scope="module")
def columns() -> dict[str, np.ndarray]:
    """Weights, a city of each row, and labels and scores of each kind."""
    random = np.random.default_rng(3)
    chances = random.dirichlet(np.ones(CLASSES), ROWS).astype(np.float32)
    classes = np.array([random.choice(CLASSES, p=row / row.sum()) for row in chances.astype(np.float64)])
    numbers = random.normal(40.0, 12.0, ROWS).astype(np.float32)
    return {
        "w": random.choice([0.5, 1.0, 3.0], ROWS),
        # One row of Bonn: a slice that small must not stop an evaluation.
        "city": np.append(random.choice(["Rome", "Oslo"], ROWS - 1, p=[0.9, 0.1]), "Bonn"),
        "chances": chances,
        "blurred": ((chances + random.dirichlet(np.ones(CLASSES), ROWS)) / 2).astype(np.float32),
        "classes": classes,
        "liked": (classes == 0).astype(np.int64),
        "numbers": numbers,
        "guesses": (numbers + random.normal(1.0, 3.0, ROWS)).astype(np.float32),
        "worse": (numbers + random.normal(1.0, 6.0, ROWS)).astype(np.float32),
    }


def table(columns: dict[str, np.ndarray], label: str, candidate: np.ndarray, baseline: np.ndarray | None = None) -> Any:
    rows = {"y": columns[label], "w": columns["w"], "city": columns["city"], "candidate": candidate}
    return rows | ({} if baseline is None else {"old": baseline})


@pytest.fixture(scope="module")
def pair(evaluate_in, declare, columns, tmp_path_factory) -> Any:
    """The evaluation of a candidate that is better than its baseline, to be looked at."""
    rows = table(columns, "liked", columns["chances"][:, 0], columns["blurred"][:, 0])
    return evaluate_in(tmp_path_factory.mktemp("pair"))(declare(), rows, baseline="old")


def binary(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    return {
        "auc": metrics.roc_auc_score(label, score, sample_weight=weight),
        "logloss": metrics.log_loss(label, score, sample_weight=weight),
        "accuracy": metrics.accuracy_score(label, score > 0.5, sample_weight=weight),
        "calibration": np.average(score, weights=weight) / np.average(label, weights=weight),
    }


def regression(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    return {
        "rmse": metrics.root_mean_squared_error(label, score, sample_weight=weight),
        "mae": metrics.mean_absolute_error(label, score, sample_weight=weight),
        "calibration": np.average(score, weights=weight) / np.average(label, weights=weight),
    }


def multiclass(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    return {
        "logloss": metrics.log_loss(label, score, sample_weight=weight, labels=range(CLASSES)),
        "accuracy": metrics.accuracy_score(label, score.argmax(axis=1), sample_weight=weight),
    }


@pytest.mark.parametrize(
    ("kind", "label", "candidate", "baseline", "reference"),
    [
        ({}, "liked", "chances", "blurred", binary),
        ({"kind": "regression"}, "numbers", "guesses", "worse", regression),
        ({"kind": "multiclass", "classes": CLASSES}, "classes", "chances", "blurred", multiclass),
    ],
)
def test_metrics_are_those_of_scikit_learn(
    pair, evaluate, declare, columns, kind, label, candidate, baseline, reference
) -> None:
    scores = [columns[name] if kind else columns[name][:, 0] for name in (candidate, baseline)]
    rows = table(columns, label, *scores)
    evaluated = evaluate(declare(**kind), rows, baseline="old") if kind else pair
    results, y, w, city = evaluated.results, rows["y"], rows["w"], rows["city"]
    assert results.refusals == []
    assert results.metrics["candidate"]["rows"] == ROWS
    assert results.slices.keys() == results.slice_intervals.keys() == {"city=Rome", "city=Oslo"}
    parts = [(results.metrics, results.intervals, city != "")]
    parts += [(results.slices["city=Oslo"], results.slice_intervals["city=Oslo"], city == "Oslo")]
    for values, intervals, chosen in parts:
        expected = [reference(y[chosen], score[chosen], w[chosen]) for score in scores]
        # scikit-learn has no area like TFMA's under precision and recall.
        names = expected[0].keys() | (set() if kind else {"auc_pr"})
        assert values["candidate"].keys() == values["baseline"].keys() == names | {"rows"}
        assert intervals["change"].keys() == intervals["candidate"].keys() == names
        for name, ours in expected[0].items():
            # TFMA rounds the scores to 10,000 thresholds before it sums up the area.
            near = 1e-3 if name == "auc" else 1e-6
            assert values["candidate"][name] == pytest.approx(ours, rel=near), name
            assert values["baseline"][name] == pytest.approx(expected[1][name], rel=near), name
            # An interval of Student's t lies around the value; so does that of the paired change.
            for model, value in (("candidate", ours), ("change", ours - expected[1][name])):
                low, high = intervals[model][name]
                assert low < value < high
                # A rate's lies nearer to 1/2, a ratio's is even by factors.
                middle = (low * high) ** 0.5 if name == "calibration" and model != "change" else (low + high) / 2
                assert middle == pytest.approx(value, abs=0.02 if name in ("auc", "accuracy") else 2e-3), (model, name)


def test_a_pair_that_differs_little_has_a_narrow_interval_of_the_change(evaluate, declare, columns) -> None:
    """What makes rows hard makes them hard for both models."""
    score = columns["chances"][:, 0]
    rows = table(columns, "liked", score, np.clip(score * 1.001, 0, 1).astype(np.float32))
    intervals = evaluate(declare(), rows, baseline="old").results.intervals
    for name in ("auc", "auc_pr", "logloss"):
        own, change = (np.ptp(intervals[model][name]) for model in ("candidate", "change"))
        assert change < own / 20, name


def test_blessed_as_tfx_does_it(pair, tmp_path) -> None:
    """Properties and files as TFX's own Evaluator writes them, and as its Pusher and our resolver read them."""
    evaluated, blessing = pair, pair.blessing
    assert evaluated.files == {"BLESSED"}
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("current_model_id") == 7
    assert blessing.get_string_custom_property("current_model").endswith("/candidate")
    assert blessing.get_int_custom_property("baseline_model_id") == 5
    assert blessing.get_string_custom_property("baseline_model").endswith("/baseline")
    models = []
    for number in (7, 8):
        model = standard_artifacts.Model()
        model.id, model.uri = number, str(tmp_path / str(number))
        extra = Path(model.uri, "Format-Serving", "assets.extra")
        extra.mkdir(parents=True)
        (extra / "features.json").write_text('{"label": {"key": "y"}, "features": []}')
        models.append(model)
    inputs = {"candidate": [models[1]], "model": models, "model_blessing": [blessing], "tried": []}
    assert [baseline.id for baseline in LatestOtherBlessedModel().resolve_artifacts(None, inputs)["model"]] == [7]


def test_verdict_and_plots_lie_beside_tfmas_output(evaluate, declare, columns) -> None:
    evaluated = evaluate(declare(), table(columns, "liked", columns["chances"][:, 0]))
    assert {"eval_config.json", "verdict.json", "plots.json"} <= {path.name for path in evaluated.folder.iterdir()}
    verdict = evaluated.json("verdict.json")
    assert (verdict["blessed"], verdict["refusals"], verdict["warnings"]) == (True, [], [])
    assert verdict["confidence"] == 0.95
    assert verdict["metrics"].keys() == verdict["intervals"].keys() - {"change"} == {"candidate"}
    models = evaluated.json("plots.json")["models"]
    assert models.keys() == {"candidate"}
    assert models["candidate"].keys() == {"roc", "thresholds", "pr", "calibration"}
    assert len(models["candidate"]["calibration"]) == 10


def test_a_file_is_a_work_item_that_the_runner_spreads(evaluate, declare, columns, is_spread) -> None:
    rows = table(columns, "liked", columns["chances"][:, 0])
    assert is_spread(lambda: evaluate(declare(), rows), "Score")


def test_not_blessed_says_why(evaluate, declare, columns) -> None:
    rows = table(columns, "liked", columns["blurred"][:, 0], columns["chances"][:, 0])
    bounds = {"auc": {"worse_by_at_most": 0.01}, "accuracy": {"at_least": 0.999}}
    evaluated = evaluate(declare(), rows, {"bounds": bounds}, baseline="old")
    assert evaluated.files == {"NOT_BLESSED"}
    assert evaluated.blessing.get_int_custom_property("blessed") == 0
    assert evaluated.json("verdict.json")["blessed"] is False
    auc, accuracy = evaluated.results.refusals
    assert auc.startswith("auc is 0.0")
    assert auc.endswith(", at most 0.01 is allowed")
    assert accuracy.endswith(", at least 0.999 is needed")


@pytest.mark.parametrize("label", [0, 1])
def test_a_split_of_one_class_is_no_test(evaluate, declare, columns, label) -> None:
    rows = table(columns, "liked", columns["chances"][:, 0]) | {"y": np.full(ROWS, label)}
    evaluated = evaluate(declare(), rows)
    assert evaluated.files == {"NOT_BLESSED"}
    assert evaluated.results.refusals == [
        f"all 2,500 rows of 'test' have the label {label}: on such rows it can't be measured how good a model is"
    ]
    assert evaluated.json("verdict.json")["metrics"]["candidate"]["auc"] is None


@pytest.mark.parametrize("kind", [{}, {"kind": "regression"}])
def test_scores_that_are_no_numbers_are_refused(evaluate, declare, columns, kind) -> None:
    """And a baseline's are left out: of 200 rows the 150th is beyond those that are tried first."""
    score, old = columns["chances"][:200, 0].copy(), columns["blurred"][:200, 0].copy()
    label = columns["numbers" if kind else "liked"][:200]
    rows = {"y": label, "w": columns["w"][:200], "city": columns["city"][:200], "candidate": score, "old": old}
    old[150] = np.nan
    options = {"bounds": {"accuracy": {"at_least": 0}}, "beat_base_rate": False}
    if kind:
        options["bounds"] = {"calibration": {"at_most": 1000}}
    evaluated = evaluate(declare(**kind), rows, options, baseline="old")
    assert evaluated.files == {"BLESSED"}
    assert evaluated.results.warnings[0].endswith("so nothing was compared with it: for 1 rows its score is no number")
    assert evaluated.results.metrics.keys() == {"candidate"}
    score[[0, 7]] = np.inf
    evaluated = evaluate(declare(**kind), rows)
    assert evaluated.files == {"NOT_BLESSED"}
    assert evaluated.results.refusals == ["for 2 of 200 rows the model's score is no number"]
    evaluated.json("verdict.json")
    evaluated.json("plots.json")


def test_chances_of_0_and_1_have_a_log_loss(evaluate, declare, columns) -> None:
    """Right ones cost nothing, a wrong one -log(1e-7), as Keras has it."""
    label = columns["liked"][:200]
    score = label.astype(np.float32)
    score[0] = 1 - score[0]
    ones = np.ones(200)
    rows = {"y": label, "w": ones, "city": columns["city"][:200], "candidate": score}
    results = evaluate(declare(), rows).results
    assert results.refusals == []
    assert results.metrics["candidate"]["logloss"] == pytest.approx(-np.log(1e-7) / 200, rel=0.02)


def test_a_slice_of_one_class_has_no_area(evaluate, declare, columns) -> None:
    rows = table(columns, "liked", columns["chances"][:, 0], columns["blurred"][:, 0])
    rows["y"] = np.where(rows["city"] == "Oslo", 0, rows["y"])
    rule = {"min_rows": 1, "worse_by_at_most": 0.5}
    results = evaluate(declare(), rows, {"slices": rule}, baseline="old").results
    assert results.slices["city=Oslo"]["candidate"]["auc"] is None
    assert (results.refusals, results.warnings) == ([], [])


def test_a_baseline_whose_features_are_gone_is_left_out(evaluate, declare, columns) -> None:
    """It wants a column that the rows have no more."""
    rows = table(columns, "liked", columns["chances"][:, 0])
    evaluated = evaluate(declare(), rows, {"bounds": {"auc": {"worse_by_at_most": 0.0}}}, baseline="gone")
    assert evaluated.files == {"BLESSED"}
    assert evaluated.results.metrics.keys() == {"candidate"}
    [warning] = evaluated.results.warnings
    assert warning.startswith("the last blessed model (")
    assert "/baseline/Format-Serving) can't score these rows, so nothing was compared with it: " in warning
    assert "gone" in warning
    assert len(warning) < 700
    assert not evaluated.blessing.has_custom_property("baseline_model_id")


@pytest.mark.parametrize("wrong", ["absent", "cut short", "nan"])
def test_a_baseline_that_can_not_answer_is_left_out(evaluate, declare, columns, monkeypatch, wrong) -> None:
    make = evaluate._model

    def broken(folder: Path, number: int, column: str, scores: np.ndarray) -> Any:
        artifact = make(folder, number, column, scores)
        for path in Path(artifact.uri).rglob("saved_model.pb") if column == "old" else ():
            if wrong == "absent":
                path.unlink()
            if wrong == "cut short":
                path.write_bytes(path.read_bytes()[:50])
        return artifact

    monkeypatch.setattr(evaluate, "_model", broken)
    old = np.full(ROWS, np.nan if wrong == "nan" else 0.5, np.float32)
    rows = table(columns, "liked", columns["chances"][:, 0], old)
    evaluated = evaluate(declare(), rows, baseline="old")
    assert evaluated.files == {"BLESSED"}
    assert evaluated.results.metrics.keys() == {"candidate"}
    assert "so nothing was compared with it: " in evaluated.results.warnings[0]
    if wrong == "nan":
        assert evaluated.results.warnings[0].endswith("of 100 rows some have a score that is no number")


def test_the_same_rows_give_the_same_intervals(pair, evaluate, declare, columns) -> None:
    """In any order: a row's group follows from its content."""
    rows = table(columns, "liked", columns["chances"][:, 0], columns["blurred"][:, 0])
    once = pair.results.intervals
    turned = evaluate(declare(), {name: column[::-1] for name, column in rows.items()}, baseline="old")
    for model, metrics_ in once.items():
        for name, ends in metrics_.items():
            assert turned.results.intervals[model][name] == pytest.approx(ends, rel=1e-6), (model, name)
