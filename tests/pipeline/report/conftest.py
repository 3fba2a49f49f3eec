"""A run's record with numbers that are easy to reckon with, and the report of any record as a tree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, field, make_dataclass
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

import pytest

from widedeep.pipeline import report
from widedeep.pipeline.record.summary import Summary

# What a test changes of a run's record, key by key, as run.json has it.
Draft = make_dataclass("Draft", [(name, object, field(default_factory=dict)) for name in Summary.model_fields])
VOID = {"meta", "br", "img", "link", "input", "hr"}


class _Strict(HTMLParser):
    """Builds a tree, and fails at an end tag that does not match."""

    def __init__(self) -> None:
        super().__init__()
        self._tree = TreeBuilder()
        self._open: list[str] = []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute: {names}"
        self._tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self._tree.end(tag)
        else:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1] == tag, f"</{tag}> closes <{self._open[-1]}> on line {self.getpos()[0]}"
        self._open.pop()
        self._tree.end(tag)

    def handle_data(self, data):
        if self._open:
            self._tree.data(data)

    def tree(self) -> Element:
        self.close()
        assert not self._open, f"never closed: {self._open}"
        return self._tree.close()


class Page:
    """A rendered report."""

    def __init__(self, html: str) -> None:
        self.html = html
        parser = _Strict()
        parser.feed(html)
        self.root = parser.tree()

    def part(self, name: str) -> Element:
        """The section with this id."""
        elements = self.root.findall(f".//*[@id='{name}']")
        assert len(elements) == 1, f"{len(elements)} elements have the id {name}"
        return elements[0]

    def has(self, name: str) -> bool:
        return self.root.find(f".//*[@id='{name}']") is not None

    def text(self, name: str) -> str:
        return said(self.part(name))

    def rows(self, name: str) -> list[list[str]]:
        """The cells of a section's first table, head included; what is drawn in them left out."""
        table = self.part(name).find(".//table")
        assert table is not None
        return [[said(cell, drawn=False) for cell in row] for row in table.iter("tr")]


def said(element: Element, drawn: bool = True) -> str:
    """The text inside, with single spaces."""
    return " ".join("".join(_texts(element, drawn)).split())


def _texts(element: Element, drawn: bool):
    if element.tag == "svg" and not drawn:
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child, drawn)
        yield child.tail or ""


def _summary(draft: Draft) -> Summary:
    return Summary.parse(json.dumps(asdict(draft)), "the draft")


@pytest.fixture
def summary() -> Callable[[Draft], Summary]:
    """The record that a draft is read as."""
    return _summary


@pytest.fixture
def page() -> Callable[[Draft], Page]:
    """Renders a record."""
    return lambda draft: Page(report.render(_summary(draft)))


@pytest.fixture
def record() -> Draft:
    """A blessed and pushed model with a baseline."""
    return Draft(
        run_id="20260304-050607-890",
        pipeline="rides",
        components=[
            {"id": "ExampleGen", "state": "CACHED", "seconds": 0.01},
            {"id": "Trainer", "state": "COMPLETE", "seconds": 8.0},
            {"id": "Evaluator", "state": "COMPLETE", "seconds": 2.0},
            {"id": "Pusher", "state": "COMPLETE", "seconds": 115.0},
        ],
        metrics={
            "candidate": {
                "auc": 0.75,
                "auc_pr": 0.5,
                "logloss": 0.25,
                "accuracy": 0.875,
                "calibration": 0.9,
                "rows": 2000.0,
            },
            "baseline": {
                "auc": 0.7,
                "auc_pr": 0.5,
                "logloss": 0.2,
                "accuracy": 0.9,
                "calibration": 1.2,
                "rows": 2000.0,
            },
        },
        slices={
            "hour=1": {"candidate": {"auc": 0.9, "rows": 50.0}, "baseline": {"auc": 0.8, "rows": 50.0}},
            "hour=2": {"candidate": {"auc": 0.6, "rows": 1500.0}, "baseline": {"auc": 0.7, "rows": 1500.0}},
        },
        blessed=True,
        refusals=[],
        warnings=[],
        notes=[],
        training_note=None,
        pushed_to="/srv/rides/models/7",
        training=[
            {
                "epoch": 1,
                "step": 10,
                "examples": 600,
                "seconds": 0.5,
                "loss": 0.6,
                "auc": 0.6,
                "logloss": 0.4,
                "accuracy": 0.7,
                "kept": False,
            },
            {
                "epoch": 2,
                "step": 20,
                "examples": 600,
                "seconds": 0.5,
                "loss": 0.2,
                "auc": 0.7,
                "logloss": 0.3,
                "accuracy": 0.8,
                "kept": True,
            },
        ],
        crosses=[
            {
                "name": "day_x_hour",
                "buckets": 1000,
                "used": 300,
                "fill": 0.3,
                "distinct": 356.67,
                "standard_error": 8.56,
                "collision_rate": 0.2993,
                "warning": None,
            },
            {
                "name": "user_x_area",
                "buckets": 10_000,
                "used": 10_000,
                "fill": 1.0,
                "distinct": 92_103.4,
                "standard_error": None,
                "collision_rate": 0.9999,
                "warning": "cross user_x_area: raise its buckets.",
            },
        ],
        wide={"rows": 11_000, "nonzero": 400},
        base=None,
        log="/srv/rides/runs/20260304-050607-890/log.txt",
        report="/srv/rides/runs/20260304-050607-890/report.html",
        tuning=None,
        dry_run=None,
        model=None,
        features=[],
        strongest=[],
        strongest_rows=None,
        all_rows_counted=False,
        lineage=[],
        unsettled=[],
        split=None,
        superseded_by=None,
        lists=None,
        rails=None,
        importance=None,
        settings={},
        declaration={},
    )


def _distance(feature: str, split: str, kind: str, value: float) -> dict[str, object]:
    where = {"split": split, "feature": feature, "kind": kind}
    return {**where, "measure": "Jensen-Shannon divergence", "value": value, "limit": 0.1, "changes": "mean 1 → 2"}


def _tenths(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    return [{"predicted": a, "actual": b, "low": b - 0.05, "high": b + 0.05, "rows": 200.0} for a, b in pairs]


@pytest.fixture
def full(record: Draft) -> Draft:
    """With everything that a record may hold."""
    record.unsettled = ["auc is 0.0500 higher, the rows don't settle it"]
    record.intervals = {
        "confidence": 0.95,
        "whole": {
            "candidate": {"auc": [0.7, 0.8], "calibration": [0.85, 0.95]},
            "change": {"auc": [-0.01, 0.11], "logloss": [0.02, 0.08]},
        },
        "slices": {"hour=2": {"candidate": {"auc": [0.55, 0.65]}, "change": {"auc": [-0.15, 0.05]}}},
    }
    record.plots = {
        "models": {
            "candidate": {
                "roc": [[0, 0], [0.25, 0.75], [1, 1]],
                "pr": [[0.5, 1], [1, 0.5]],
                "calibration": _tenths((0.1, 0.15), (0.5, 0.45), (0.9, 0.7)),
            },
            "baseline": {
                "roc": [[0, 0], [0.5, 0.75], [1, 1]],
                "pr": [[0.5, 0.75], [1, 0.5]],
                "calibration": _tenths((0.2, 0.1), (0.8, 0.9)),
            },
        }
    }
    record.features = [
        {
            "feature": "area",
            "kind": "categorical",
            "present_share": 1.0,
            "unique": 77,
            "top": [["8", 0.4], ["32", 0.3]],
            "unseen": {"eval": 0.0, "test": 0.2},
            "out_of_vocabulary": {"train": 0.01, "eval": 0.02, "test": 0.25},
        },
        {
            "feature": "fare",
            "kind": "numeric",
            "present_share": 0.985,
            "mean": 11.75,
            "min": -1.5,
            "median": 9.0,
            "max": 12000.0,
            "distances": [_distance("fare", "train", "drift", 0.05), _distance("fare", "eval", "skew", 0.25)],
        },
        {
            "feature": "miles",
            "kind": "numeric",
            "present_share": 0.5,
            "mean": -2,
            "distances": [_distance("miles", "train", "drift", 0.05)],
        },
    ]
    record.strongest = [
        {"name": "hour=3", "weight": -0.1, "support": 1, "label_rate": 0.0},
        {"name": "area=8 \N{MULTIPLICATION SIGN} hour=2", "weight": 0.4, "support": 1200, "label_rate": 0.96},
    ]
    record.dry_run = {
        "server": "stand_in",
        "checks": [
            {"name": "requests that failed", "value": 0, "limit": 0, "ok": True, "said": ""},
            {"name": "slowest request in ms", "value": 17.25, "limit": 9, "ok": False, "said": "too slow"},
        ],
    }
    record.lineage = [("Rows", "train/*.csv"), ("Baseline", "version 6")]
    return record
