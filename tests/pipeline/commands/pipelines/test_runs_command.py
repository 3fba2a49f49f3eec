"""widedeep runs as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.commands.pipelines.runs import command

RECORD = {
    "pipeline": "rides",
    "components": [{"id": "Trainer", "state": "COMPLETE", "seconds": 8.0}],
    "slices": {},
    "blessed": True,
    "refusals": [],
    "warnings": [],
    "pushed_to": "/w/models/7",
    "training": [{"epoch": 1, "step": 1, "examples": 9, "seconds": 2.0, "loss": 0.6}],
    "crosses": [],
    "wide": {"rows": 0, "nonzero": 0},
    "base": None,
    "log": "log.txt",
}


def called(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    for name, auc, epochs in (("first", 0.75, 3), ("[red]", 0.8, "<b>")):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        made = {"run_id": name, "metrics": {"candidate": {"auc": auc, "ndcg@10": 0.5}}}
        made |= {"settings": {"training": {"epochs": epochs, "seed": 1}}, "report": str(folder / "report.html")}
        (folder / "run.json").write_text(json.dumps(RECORD | made))
    (tmp_path / "runs" / "first" / "report.html").write_text("")
    return tmp_path


def test_a_line_a_run_a_page_and_json(workdir: Path) -> None:
    done = called(workdir, "--html", workdir / "runs.html", "--json", workdir / "runs.json")
    assert done.exception is None
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines == [
        ["run", "auc", "took", "training", "settings", "that", "differ"],
        ["[red]", *["pushed", "as", "7", "0.8000", "8.0", "s", "2.0", "s", "training.epochs", "<b>"]],
        ["first", *["pushed", "as", "7", "0.7500", "8.0", "s", "2.0", "s", "training.epochs", "3"]],
    ]
    page = (workdir / "runs.html").read_text()
    assert '<a href="runs/first/report.html">first</a>' in page
    assert "[red]</a>" not in page
    assert '<td class="n">&lt;b&gt;</td>' in page
    assert "training.seed" not in page
    assert page.count("<small>best</small>") == 1
    told = json.loads((workdir / "runs.json").read_text())
    assert [run["metrics"]["ndcg@10"] for run in told["runs"]] == [0.5, 0.5]
    assert told["differing"] == ["training.epochs"]


def test_a_folder_without_runs_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path}: no run has finished there. Start one with: widedeep run"):
        raise called(tmp_path).exception or AssertionError
