"""run.json is read back, an older one too, a foreign one is refused in words; and its JSON schema holds for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from widedeep.components.common.errors import RecordError
from widedeep.pipeline.record.json_schema import run_json_schema
from widedeep.pipeline.record.summary import Summary

# As the first version with a report wrote it.
OLDEST: dict[str, Any] = {
    "run_id": "20260304-050607-890",
    "pipeline": "rides",
    "components": [{"id": "Pusher", "state": "CACHED", "seconds": 0.01, "started": 50.2}],
    "metrics": {"candidate": {"auc": 0.75, "calibration": None, "rows": 2000.0}},
    "slices": {"hour=1": {"candidate": {"auc": None, "rows": 50}}},
    "blessed": True,
    "refusals": [],
    "warnings": ["fare: 12 % missing"],
    "pushed_to": "/srv/rides/models/7",
    "training": [
        {"epoch": 1, "step": 10, "examples": 600, "seconds": 0.5, "loss": 0.6, "auc": 0.6, "logloss": 0.4, "kept": True}
    ],
    "crosses": [
        {
            "name": "day_x_hour",
            "buckets": 100,
            "used": 100,
            "fill": 1.0,
            "distinct": 460.5,
            "standard_error": None,
            "collision_rate": 0.99,
            "warning": "raise its buckets.",
        }
    ],
    "wide": {"rows": 11000, "nonzero": 400},
    "base": None,
    "log": "/srv/rides/runs/1/log.txt",
    "report": "/srv/rides/runs/1/report.html",
}
DISTANCE = {"split": "train", "feature": "fare", "kind": "drift", "measure": "Jensen-Shannon divergence"}
SHARE = {"predicted": 0.5, "actual": 0.4, "low": 0.3, "high": None, "rows": 200}
FULL: dict[str, Any] = OLDEST | {
    "base": {"model": "models/3", "not_taken": ["a: new."], "quality": {"auc": 0.7}},
    "tuning": {
        "metric": "auc",
        "search": "random",
        "trials": [
            {"trial": 1, "values": {"deep.hidden": [8]}, "value": 0.7, "seconds": 1.5, "error": None},
            {"trial": 2, "values": {"patience": None}, "value": None, "seconds": 1, "error": "the loss is no number"},
        ],
        "best": 1,
    },
    "dry_run": {
        "server": "stand_in",
        "checks": [
            {"name": "requests that failed", "value": 0, "limit": 0, "ok": True, "said": "", "measures": "machine"}
        ],
    },
    "model": "/srv/rides/pipeline/Trainer/model/7",
    "notes": ["2 rows of 'test' are equal to rows of 'train'"],
    "features": [
        {
            "feature": "area",
            "kind": "categorical",
            "present_share": 1,
            "unique": 77,
            "top": [["8", 0.4]],
            "unseen": {"test": 0.1},
            "out_of_vocabulary": {"train": 0.2, "test": 0.3},
            "distances": [],
        },
        {
            "feature": "fare",
            "kind": "numeric",
            "present_share": 0.5,
            "mean": 1.5,
            "std_dev": 1,
            "min": 0,
            "median": 1,
            "max": 9,
            "distances": [DISTANCE | {"value": 0.05, "limit": 0.1, "changes": "mean 1 to 2"}],
        },
    ],
    "strongest_rows": 900,
    "all_rows_counted": True,
    "strongest": [{"name": "hour=3", "weight": -0.1, "support": 1, "label_rate": 0.0}],
    "lineage": [["run", "1"]],
    "split": "test",
    "unsettled": ["auc: the rows don't settle it"],
    "intervals": {
        "confidence": 0.95,
        "whole": {"candidate": {"auc": [0.7, 0.8]}, "change": {}},
        "slices": {"hour=1": {"candidate": {"auc": [0.5, 0.9]}}},
    },
    "plots": {
        "models": {
            "candidate": {"roc": [[0, 0], [1, 1]], "thresholds": [1, 0.5], "pr": [[1, 0.5]], "calibration": [SHARE]},
            "baseline": {"confusion": {"classes": [1], "rows": [5], "shares": [[0.75, 0.25]]}, "calibration": []},
        },
        "residuals": {"middles": [0.5], "shares": {"candidate": [1]}},
    },
    "superseded_by": "/srv/rides/models/9",
    "training_note": "still improving",
    "lists": {"by": "user", "lists": 9, "counted": 4, "rows_outside": 1, "share": 1.0},
    "rails": {
        "rows": 9,
        "all_rows": True,
        "train_rows": 90,
        "all_train_rows": False,
        "candidate_key": "area",
        "candidate": {"auc": 0.75},
        "rails": [
            {
                "name": "popularity",
                "metrics": {"auc": 0.7},
                "changes": {"auc": 0.05},
                "intervals": {"auc": [0.01, 0.09]},
            }
        ],
    },
    "importance": {
        "metric": "auc",
        "rows": 9,
        "all_rows": False,
        "features": [{"feature": "area", "loss": 0.1, "interval": [0.05, 0.15]}],
        "left_out": None,
    },
    "declaration": {"features": [{"key": "area", "wide": True}]},
    "settings": {"name": "rides", "training": {"epochs": 3, "warm_start": None}},
}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    summary = Summary.parse(json.dumps(FULL), "a test")
    summary.write(tmp_path / "run.json")
    assert json.loads((tmp_path / "run.json").read_text()) == FULL
    assert Summary.read(tmp_path / "run.json") == summary


def test_a_file_without_the_keys_that_came_later_is_read() -> None:
    summary = Summary.parse(json.dumps(OLDEST), "run.json")
    assert (summary.tuning, summary.dry_run, summary.superseded_by) == (None, None, None)
    assert (summary.features, summary.plots.models, summary.intervals.whole) == ([], {}, {})
    assert summary.pushed_before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"metrics": {"candidate": {"auc": "high"}}},
            "run.json: metrics.candidate.auc: Input should be a valid number",
        ),
        ({"metric": {}}, "run.json: unknown key 'metric': did you mean 'metrics'?"),
        ({"wide": {"rows": 3}}, "run.json: wide.nonzero: Field required"),
        ({"intervals": {"hole": {}}}, "run.json: intervals: unknown key 'hole': did you mean 'whole'?"),
        ({"training": [{"epoch": 1, "aucs": 1}]}, "run.json: training.0: unknown key 'aucs': did you mean 'auc'?"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_words(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(RecordError) as caught:
        Summary.parse(json.dumps(OLDEST | change), "run.json")
    assert str(caught.value).startswith(problem)
    assert "read it with the version that wrote it" in str(caught.value)


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = run_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("content", [OLDEST, FULL], ids=["oldest", "full"])
def test_the_schema_holds_for_what_is_written(
    validator: jsonschema.Draft202012Validator, content: dict[str, Any]
) -> None:
    written = json.loads(Summary.parse(json.dumps(content), "a test").text())
    assert [error.message for error in validator.iter_errors(written)] == []


@pytest.mark.parametrize(
    "change",
    [
        {"metric": {}},
        {"blessed": "yes"},
        {"metrics": {"candidat": {}}},
        {"metrics": {"candidate": {"auc": "high"}}},
        {"wide": {"rows": 3}},
        {"crosses": [{}]},
        {"intervals": {"whole": {"change": {"auc": [0.1]}}}},
        {"training": [FULL["training"][0] | {"aucs": 1}]},
        {"plots": {"models": {"candidate": {"rok": []}}}},
    ],
)
def test_the_schema_knows_every_key_and_type(
    validator: jsonschema.Draft202012Validator, change: dict[str, Any]
) -> None:
    assert not validator.is_valid(FULL | change)


def test_every_key_says_what_it_means() -> None:
    schema = run_json_schema()
    silent = [name for name, field in _fields(schema) if not field.get("description")]
    assert silent == []
    assert schema["properties"].keys() == FULL.keys()


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in (schema, *schema["$defs"].values()):
        for name, field in kind.get("properties", {}).items():
            yield f"{kind['title']}.{name}", field
