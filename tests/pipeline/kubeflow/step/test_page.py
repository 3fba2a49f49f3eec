"""What a node's page says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from kfp.dsl import ClassificationMetrics
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.evaluator import results
from widedeep.components.evaluator.plots import ModelPlots, Plots
from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.executions import Node
from widedeep.pipeline.definition import config
from widedeep.pipeline.kubeflow.step import page
from widedeep.pipeline.kubeflow.step.page import PageFiles

Execution = metadata_store_pb2.Execution
Execute = Callable[..., int]
NODE = Node("p", "r1", "Evaluator")
SETTINGS = config.load(Path(__file__).resolve().parents[4] / "schema" / "census" / "pipeline.yaml")


def test_the_summary_says_state_outputs_and_facts(database: Database, execute: Execute, tmp_path: Path) -> None:
    number = execute("r1", "Evaluator", Execution.CACHED, {"model": "/root/a|b"}, pushed_version="3", name="dull")
    file = tmp_path / "new" / "page.md"
    page.write(PageFiles(file), NODE, database, SETTINGS, "/root")
    lines = file.read_text().splitlines()
    assert lines[0] == "# Evaluator"
    assert lines[2].startswith("**CACHED** in ")
    assert lines[2].endswith(f" s; run r1, execution {number}")
    assert lines[-1] == "| model | /root/a\\|b | pushed_version 3 |"


def test_metrics_go_where_kubeflow_looks(
    database: Database, execute: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute("r1", "Evaluator", Execution.COMPLETE, {"evaluation": "/e/7"})
    asked = []

    def read(uri: str) -> results.Evaluation:
        asked.append(uri)
        values = {"candidate": {"auc": 0.75, "logloss": math.nan}, "baseline": {"auc": 0.5}}
        return results.Evaluation(blessed=True, metrics=values)

    def read_plots(uri: str) -> Plots:
        asked.append(uri)
        return Plots(models={"candidate": ModelPlots(roc=[(0.0, 0.0), (1.0, 1.0)], thresholds=[1.0, 0.25])})

    monkeypatch.setattr(results, "read", read)
    monkeypatch.setattr(results, "read_plots", read_plots)
    output = tmp_path / "kfp" / "output.json"
    said = json.dumps({"outputs": {"outputFile": str(output)}})
    page.write(PageFiles(tmp_path / "m.md", None, said), NODE, database, SETTINGS, "/root")
    assert asked == ["/e/7", "/e/7"]
    metrics = {"auc": 0.75, "baseline_auc": 0.5}
    curve = ClassificationMetrics()
    curve.log_roc_curve(fpr=[0.0, 1.0], tpr=[0.0, 1.0], threshold=[1.0, 0.25])
    shown = json.loads(output.read_text())["artifacts"]
    assert shown == {
        "metrics": {"artifacts": [{"metadata": metrics}]},
        "roc": {"artifacts": [{"metadata": curve.metadata}]},
    }
    assert "| baseline_auc | 0.5000 |" in (tmp_path / "m.md").read_text()


def test_what_has_no_curve_shows_none(
    database: Database, execute: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute("r1", "Evaluator", Execution.COMPLETE, {"evaluation": "/e/7"})
    evaluation = results.Evaluation(blessed=True, metrics={"candidate": {"rmse": 0.5}})
    monkeypatch.setattr(results, "read", lambda uri: evaluation)
    monkeypatch.setattr(results, "read_plots", lambda uri: Plots())
    output = tmp_path / "output.json"
    page.write(
        PageFiles(None, None, json.dumps({"outputs": {"outputFile": str(output)}})), NODE, database, SETTINGS, "/"
    )
    assert json.loads(output.read_text())["artifacts"]["roc"] == {"artifacts": [{"metadata": {}}]}


def test_a_page_that_cannot_be_written_fails_nothing(
    database: Database, execute: Execute, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    execute("r1", "Evaluator", Execution.COMPLETE)
    (tmp_path / "file").write_text("")
    page.write(PageFiles(tmp_path / "file" / "page.md"), NODE, database, SETTINGS, "/root")
    assert "Evaluator: ended well, but its page could not be written." in capsys.readouterr().err
