"""Whole pipelines on a number and on classes: the metrics of a run are those of the pushed model's own scores."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from harness import Ran, Slice, score
from sklearn import metrics

Run = Callable[..., Ran]
REGRESSION = {"key": "age", "kind": "regression"}
# So many that each model tells more than the labels' mean or rates.
EPOCHS = "training.epochs=12"
MULTICLASS = {"key": "status", "kind": "multiclass", "classes": 7}
STATUS = (
    "Divorced",
    "Married-AF-spouse",
    "Married-civ-spouse",
    "Married-spouse-absent",
    "Never-married",
    "Separated",
    "Widowed",
)


class Census:
    """The slice of the census, with the marital status as a number of its own, and a label to choose."""

    def __init__(self, whole: Slice) -> None:
        self.slice = whole
        self._features = whole.pipeline.parent / "features.yaml"
        self._declared = yaml.safe_load(self._features.read_text())
        settings = yaml.safe_load(whole.pipeline.read_text())
        del settings["schema"]
        whole.pipeline.write_text(yaml.safe_dump(settings))
        for path in whole.data.glob("*/data.csv"):
            rows = read(path)
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, [*rows[0], "status"])
                writer.writeheader()
                writer.writerows(row | {"status": str(STATUS.index(row["marital_status"]))} for row in rows)

    def predict(self, label: dict[str, Any], without: str = "") -> None:
        """Declares a label, and features without the one that would give it away."""
        features = [feature for feature in self._declared["features"] if feature["key"] != without]
        crosses = [cross for cross in self._declared["crosses"] if without not in cross["keys"]]
        self._features.write_text(yaml.safe_dump({"label": label, "features": features, "crosses": crosses}))

    def scored(self, model: str, label: str) -> tuple[np.ndarray, np.ndarray]:
        """The labels of the test split, and what a pushed model serves for its rows."""
        rows = read(self.slice.data / "test" / "data.csv")
        kinds = {feature["key"]: feature["kind"] for feature in yaml.safe_load(self._features.read_text())["features"]}
        raw = [
            {key: [float(row[key]) if kind == "numeric" else row[key]] for key, kind in kinds.items() if row[key]}
            for row in rows
        ]
        return np.array([float(row[label]) for row in rows]), np.array(score(model, raw), np.float32)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def persons(census: Slice) -> Census:
    return Census(census)


def approximately(expected: dict[str, float]) -> Any:
    # The served scores and TFMA's sums have 32 bits.
    return pytest.approx(expected, rel=1e-5)


def test_a_number_then_classes(persons: Census, tmp_path: Path, run: Run) -> None:
    workdir = tmp_path / "work"
    persons.predict(REGRESSION, without="age")
    number = run(persons.slice, workdir, EPOCHS)
    assert number.code == 0, number.stderr
    assert number.result is not None
    age, predicted = persons.scored(number.result["pushed_to"], "age")
    assert number.result["metrics"] == {
        "candidate": approximately(
            {
                "rmse": metrics.root_mean_squared_error(age, predicted),
                "mae": metrics.mean_absolute_error(age, predicted),
                "calibration": predicted.mean() / age.mean(),
                "rows": len(age),
            }
        )
    }
    # Better than the mean of the ages.
    assert number.result["metrics"]["candidate"]["rmse"] < age.std()
    assert number.result["slices"].keys() == {"sex=Male", "sex=Female"}
    assert "RMSE by slice" in Path(number.result["report"]).read_text()
    assert "rmse" in number.stdout

    persons.predict(MULTICLASS)
    classes = run(persons.slice, workdir, EPOCHS)
    assert classes.code == 0, classes.stderr
    assert classes.result is not None
    # What depends on features.yaml meets no stale cache.
    assert classes.states["Transform"] == classes.states["Trainer"] == "COMPLETE"
    assert classes.result["pushed_to"] == str(workdir / "models" / "2")
    status, chances = persons.scored(classes.result["pushed_to"], "status")
    assert chances.shape == (len(status), len(STATUS))
    # A model of another kind of label is no baseline.
    assert classes.result["metrics"] == {
        "candidate": approximately(
            {
                "logloss": metrics.log_loss(status, chances, labels=range(len(STATUS))),
                "accuracy": metrics.accuracy_score(status, chances.argmax(axis=1)),
                "rows": len(status),
            }
        )
    }
    # Better than the most frequent status.
    assert classes.result["metrics"]["candidate"]["accuracy"] > np.bincount(status.astype(int)).max() / len(status)
    assert "Log loss by slice" in Path(classes.result["report"]).read_text()


def test_a_bound_of_another_label_ends_before_anything_runs(persons: Census, tmp_path: Path, run: Run) -> None:
    persons.predict(REGRESSION, without="age")
    ran = run(persons.slice, tmp_path / "work", "evaluation.bounds={auc: {at_least: 0.1}}")
    assert ran.code == 2
    assert "evaluation.bounds: a regression label has no 'auc': it has rmse, mae, calibration." in ran.stderr
