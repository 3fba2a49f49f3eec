"""Runs side by side, from their records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from widedeep.pipeline.record.run_comparison import UNKNOWN, compare_runs
from widedeep.pipeline.record.settings import settings_of
from widedeep.pipeline.record.summary import Summary

RUN: dict[str, Any] = {
    "run_id": "1",
    "pipeline": "rides",
    "components": [
        {"id": "Trainer", "state": "COMPLETE", "seconds": 8.0},
        {"id": "Pusher", "state": "COMPLETE", "seconds": 1.5},
    ],
    "metrics": {"candidate": {"auc": 0.75, "logloss": 0.5, "rows": 10}},
    "slices": {},
    "blessed": True,
    "refusals": [],
    "warnings": [],
    "pushed_to": "/w/models/7",
    "training": [{"epoch": n, "step": n, "examples": 9, "seconds": 2.0, "loss": 0.6} for n in (1, 2)],
    "crosses": [],
    "wide": {"rows": 0, "nonzero": 0},
    "base": None,
    "log": "/w/runs/1/log.txt",
    "report": "/w/runs/1/report.html",
}
SETTINGS = {"name": "rides", "training": {"epochs": 3, "wide": {"l1": 0.3}, "deep": {"hidden": [8, 4]}}}
FEATURES = {
    "features": [{"key": "user", "deep": {"embedding": 8}}, {"key": "item", "deep": None}],
    "crosses": [{"keys": ["user", "item"], "buckets": 9}],
}


def test_settings_are_flat_and_features_go_by_their_keys() -> None:
    settings = settings_of(Summary.parse(json.dumps(RUN | {"settings": SETTINGS, "declaration": FEATURES}), "a test"))
    assert settings == {
        "name": "rides",
        "training.epochs": "3",
        "training.wide.l1": "0.3",
        "training.deep.hidden": "[8, 4]",
        "declared.features.user.deep.embedding": "8",
        "declared.features.item.deep": "null",
        "declared.crosses.user_x_item.buckets": "9",
    }
    assert settings_of(Summary.parse(json.dumps(RUN), "a test")) == {}


def test_what_a_search_chose_stands_in_place_of_what_was_set() -> None:
    trials = [
        {"trial": 1, "values": {"wide.l1": 9.0}, "value": 0.7, "seconds": 1, "error": None},
        {
            "trial": 2,
            "values": {"wide.l1": 0.5, "features.user.deep.embedding": 16},
            "value": 0.8,
            "seconds": 1,
            "error": None,
        },
    ]
    tuning = {"metric": "auc", "search": "random", "trials": trials, "best": 2}
    made = RUN | {"settings": SETTINGS, "declaration": FEATURES, "tuning": tuning}
    settings = settings_of(Summary.parse(json.dumps(made), "a test"))
    assert (settings["training.wide.l1"], settings["declared.features.user.deep.embedding"]) == ("0.5", "16")
    assert settings["training.epochs"] == "3"


LATE_CHECK = {"name": "a", "value": 2, "limit": 1, "ok": False, "said": "late", "measures": "machine"}
LATE = {"server": "stand_in", "checks": [LATE_CHECK]}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Without a verdict, an old record without settings, two that differ, one not blessed, one failed, one broken."""
    worse = {"candidate": {"auc": 0.7, "logloss": 0.6, "gauc": None, "rows": 10}}
    other = SETTINGS | {"training": SETTINGS["training"] | {"epochs": 9}, "push": {"keep": 2}}
    for name, changes in {
        "0": {"settings": SETTINGS, "metrics": worse, "pushed_to": None, "blessed": False, "dry_run": LATE},
        "1": {},
        "2": {"settings": SETTINGS, "metrics": worse},
        "3": {"settings": other, "metrics": {"candidate": {"auc": 0.8, "logloss": 0.4}}, "pushed_to": None},
        "4": {"settings": SETTINGS, "metrics": worse, "pushed_to": None, "blessed": False},
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(RUN | {"run_id": name} | changes))
    (tmp_path / "5").mkdir()
    (tmp_path / "6").mkdir()
    (tmp_path / "6" / "run.json").write_text("{}")
    return tmp_path


def test_runs_are_compared_where_they_differ(runs: Path) -> None:
    comparison = compare_runs(runs)
    assert (comparison.pipeline, comparison.unfinished, len(comparison.unread)) == ("rides", 1, 1)
    assert comparison.unread[0].startswith(f"{runs / '6' / 'run.json'}: run_id: Field required")
    assert comparison.metrics == ["auc", "logloss", "gauc"]
    assert comparison.differing == ["training.epochs", "push.keep"]
    assert [(run.run_id, run.outcome, run.metrics["auc"], run.best) for run in comparison.runs] == [
        ("0", "no verdict", 0.7, False),
        ("1", "pushed as 7", 0.75, False),
        ("2", "pushed as 7", 0.7, False),
        ("3", "blessed", 0.8, True),
        ("4", "not blessed", 0.7, False),
    ]
    assert [list(run.settings.values()) for run in comparison.runs] == [
        ["3", UNKNOWN],
        [UNKNOWN, UNKNOWN],
        ["3", UNKNOWN],
        ["9", "2"],
        ["3", UNKNOWN],
    ]
    assert (comparison.runs[0].seconds, comparison.runs[0].train_seconds) == (9.5, 4.0)


def test_the_newest_runs_alone(runs: Path) -> None:
    comparison = compare_runs(runs, last=3)
    assert [run.run_id for run in comparison.runs] == ["3", "4"]
    assert len(comparison.unread) == 1
