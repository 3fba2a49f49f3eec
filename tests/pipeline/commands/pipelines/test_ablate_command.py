"""The table that `widedeep ablate` prints. The comparison itself is a stand-in: training is tested elsewhere."""

from __future__ import annotations

import json
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from widedeep.components.trainer.comparison import Comparison, Difference
from widedeep.pipeline.commands.pipelines.ablate import command
from widedeep.pipeline.local import session

PIPELINE = "name: x\ndata: {path: a, format: csv, splits: {train: a, eval: b, test: c}}\n"


@pytest.mark.parametrize(
    ("quality", "heads", "cells"),
    [
        (
            {"accuracy": 0.8, "logloss": 0.5, "auc": 0.75},
            ["auc", "logloss"],
            ["0.7500", "0.5000"],
        ),
        ({"rmse": 12.0, "mae": 8.25}, ["rmse", "mae"], ["12.0000", "8.2500"]),
        ({"logloss": 1.5, "accuracy": 0.25}, ["logloss"], ["1.5000"]),
    ],
)
def test_the_columns_are_the_metrics_of_the_label(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quality: dict[str, float], heads: list[str], cells: list[str]
) -> None:
    deviations = dict.fromkeys(quality, 0.125)
    rows = [Comparison("wide", quality, deviations, train_seconds=3.04, examples_per_second=12345.6, parameters=1234)]
    monkeypatch.setattr(session, "open_session", lambda *_: nullcontext(SimpleNamespace(run=None, watch=None)))
    monkeypatch.setitem(sys.modules, "widedeep.pipeline.local.ablation", SimpleNamespace(ablate=lambda *_: rows))
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    ran = CliRunner().invoke(command, [str(tmp_path / "pipeline.yaml"), "--json", str(tmp_path / "rows.json")])
    assert ran.exit_code == 0, ran.output
    assert [line.split() for line in ran.stdout.splitlines()] == [
        ["model", *heads, "parameters", "seconds", "examples/s"],
        ["wide", *cells, "1,234", "3.0", "12,346"],
    ]
    row = {"model": "wide", **quality, "train_seconds": 3.04, "examples_per_second": 12345.6}
    row |= {"parameters": 1234, "still_improving": False}
    assert json.loads((tmp_path / "rows.json").read_text()) == {
        "rows": [row | {f"{name}_sd": 0.125 for name in quality}]
    }


def test_several_seeds_show_their_deviation_within_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    means, deviations = (
        {"auc": 0.75, "logloss": 0.5, "accuracy": 0.7},
        dict.fromkeys(("auc", "logloss", "accuracy"), 0.125),
    )
    numbers = {"train_seconds": 123.4, "examples_per_second": 123456.0, "parameters": 12_345_678}
    against = {"auc": Difference(0.01, 0.25)}
    rows = [Comparison("wide", means, deviations, **numbers, still_improving=True, differences=against)]
    rows += [Comparison("wide_deep", means, deviations, **numbers)]
    monkeypatch.setattr(session, "open_session", lambda *_: nullcontext(SimpleNamespace(run=None, watch=None)))
    monkeypatch.setitem(sys.modules, "widedeep.pipeline.local.ablation", SimpleNamespace(ablate=lambda *_: rows))
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    ran = CliRunner().invoke(command, [str(tmp_path / "pipeline.yaml"), "--seeds", "2"])
    lines = ran.stdout.splitlines()
    assert lines[1].split()[1:4] == ["0.7500", "±", "0.1250"]
    assert max(len(line.rstrip()) for line in lines[:3]) <= 80
    assert lines[3:] == [remark for row in rows for remark in row.remarks()]
    assert len(lines) == 5


def test_the_page_has_every_metric_and_what_is_best(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deviations = dict.fromkeys(("auc", "logloss", "accuracy"), 0.125)
    numbers = {"train_seconds": 123.4, "examples_per_second": 123456.0, "parameters": 12_345_678}
    worse, better = ({"auc": 0.75, "logloss": 0.5, "accuracy": 0.5}, {"auc": 0.875, "logloss": 0.25, "accuracy": 0.75})
    against = {"auc": Difference(-0.125, 0.25), "logloss": Difference(0.25, 0.5), "accuracy": Difference(-0.25, 0.5)}
    rows = [Comparison("wide_deep", worse, deviations, **numbers)]
    rows += [Comparison("lightgbm", better, deviations, **numbers, differences=against)]
    given: list[object] = []
    monkeypatch.setattr(session, "open_session", lambda *_: nullcontext(SimpleNamespace(run=None, watch=None)))
    stand_in = SimpleNamespace(ablate=lambda *arguments: given.append(arguments[3]) or rows)
    monkeypatch.setitem(sys.modules, "widedeep.pipeline.local.ablation", stand_in)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    page = tmp_path / "page.html"
    ran = CliRunner().invoke(command, [str(tmp_path / "pipeline.yaml"), "--rails", "--seeds", "2", "--html", str(page)])
    assert ran.exit_code == 0, ran.output
    assert given == [True]
    html = page.read_text()
    assert re.findall(r'<td class="n main">([^<]*)', html) == [
        "0.8750 ± 0.1250 ",
        "0.2500 ± 0.1250 ",
        "0.7500 ± 0.1250 ",
    ]
    assert "2 seeds, mean ± standard deviation" in html
    assert "measured on test" in html
    assert "<li>lightgbm is ahead of wide_deep in auc, logloss, accuracy.</li>" in html
    assert '<th scope="col" class="n">Log loss <small>lower is better</small></th>' in html
