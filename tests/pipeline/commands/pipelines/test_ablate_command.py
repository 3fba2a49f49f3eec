"""The table that `widedeep ablate` prints. The comparison itself is a stand-in: training is tested elsewhere."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from widedeep.components.trainer.comparison import Comparison
from widedeep.pipeline.commands.pipelines.ablate import command
from widedeep.pipeline.local import session

PIPELINE = "name: x\ndata: {path: a, format: csv, splits: {train: a, eval: b, test: c}}\n"


@pytest.mark.parametrize(
    ("quality", "heads", "cells"),
    [
        (
            {"accuracy": 0.8, "logloss": 0.5, "auc": 0.75},
            ["auc", "logloss", "accuracy"],
            ["0.7500", "0.5000", "0.8000"],
        ),
        ({"rmse": 12.0, "mae": 8.25}, ["rmse", "mae"], ["12.0000", "8.2500"]),
        ({"logloss": 1.5, "accuracy": 0.25}, ["logloss", "accuracy"], ["1.5000", "0.2500"]),
    ],
)
def test_the_columns_are_the_metrics_of_the_label(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quality: dict[str, float], heads: list[str], cells: list[str]
) -> None:
    deviations = dict.fromkeys(quality, 0.125)
    rows = [Comparison("wide", quality, deviations, train_seconds=3.04, examples_per_second=12345.6)]
    monkeypatch.setattr(session, "open_session", lambda *_: nullcontext(SimpleNamespace(run=None, watch=None)))
    monkeypatch.setitem(sys.modules, "widedeep.pipeline.local.ablation", SimpleNamespace(ablate=lambda *_: rows))
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    ran = CliRunner().invoke(command, [str(tmp_path / "pipeline.yaml"), "--json", str(tmp_path / "rows.json")])
    assert ran.exit_code == 0, ran.output
    assert [line.split() for line in ran.stdout.splitlines()] == [
        ["model", *heads, "train_seconds", "examples/s"],
        ["wide", *cells, "3.0", "12,346"],
    ]
    row = {"model": "wide", **quality, "train_seconds": 3.04, "examples_per_second": 12345.6}
    assert json.loads((tmp_path / "rows.json").read_text()) == {
        "rows": [row | {f"{name}_sd": 0.125 for name in quality}]
    }


def test_several_seeds_show_their_deviation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = Comparison("wide", {"rmse": 12.0}, {"rmse": 0.125}, train_seconds=3.0, examples_per_second=1.0)
    monkeypatch.setattr(session, "open_session", lambda *_: nullcontext(SimpleNamespace(run=None, watch=None)))
    monkeypatch.setitem(sys.modules, "widedeep.pipeline.local.ablation", SimpleNamespace(ablate=lambda *_: [row]))
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    ran = CliRunner().invoke(command, [str(tmp_path / "pipeline.yaml"), "--seeds", "2"])
    assert "12.0000 ± 0.1250" in ran.stdout
