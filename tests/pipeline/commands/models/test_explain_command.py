"""widedeep explain as a person calls it, with an explanation that is easy to check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click import UsageError
from click.testing import CliRunner, Result

from widedeep.components.common.errors import ConfigError
from widedeep.components.explain import explanation as explaining
from widedeep.components.explain.explanation import Explanation, WeightExplanation
from widedeep.components.explain.importance_record import FeatureImportance, ImportanceRecord
from widedeep.components.explain.names import TIMES
from widedeep.components.features import model_files
from widedeep.components.features.spec import FeatureSpec
from widedeep.pipeline.commands.models import explain, importance
from widedeep.pipeline.commands.models.explain import command
from widedeep.pipeline.versions import training_rows

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "liked"},
        "features": [
            {
                "key": "movie",
                "kind": "categorical",
                "side": "candidate",
                "transform": {"hash": {"buckets": 9}},
                "wide": True,
            }
        ],
    }
)
MOVIE = WeightExplanation("movie_id", 4, -0.25, None, ("movie",), ("[50]",), 0, 1.0, 1200, 0.125)
UNSEEN = WeightExplanation("a_x_b", 7, 0.125, None, ("a", "b"), (), 0, None, 0, None)
FOUND = Explanation("binary", 5000, 0.5, [MOVIE, UNSEEN])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was asked of a stand-in for the work."""
    calls: list[Any] = []

    def explain(*arguments: Any) -> Explanation:
        calls.append(arguments[:4])
        arguments[4](5000)
        return FOUND

    monkeypatch.setattr(explaining, "explain", explain)
    monkeypatch.setattr(model_files, "declaration", lambda folder: SPEC)
    return calls


def called(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def test_a_row_a_weight_with_words_support_and_label_rate(
    asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training_rows, "train_files", lambda model, split: [f"{split}.gz", "b.gz"])
    (tmp_path / "names.csv").write_text("movie,title\n[50],Star [wars]\n")
    done = called(
        *(str(tmp_path), "--top", "7", "--names", f"movie={tmp_path / 'names.csv'}"),
        *("--json", str(tmp_path / "out.json")),
    )
    assert done.exception is None
    assert asked == [(str(tmp_path), ["train.gz", "b.gz"], "examples", 7)]
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["feature", "weight", "support", "label", "rate"],
        ["movie=Star", "[wars]", "-0.2500", "1,200", "0.1250"],
        [*f"a{TIMES}b, bucket 7 (no row of the data has it)".split(), "+0.1250", "0"],
    ]
    # Progress goes to the person's stderr; nothing else does.
    assert capfd.readouterr().err == "5,000 rows, label rate 0.5000\n"
    written = json.loads((tmp_path / "out.json").read_text())
    assert (written["model"], written["rows"], written["label_mean"]) == (str(tmp_path), 5000, 0.5)
    assert written["found"][0] == {
        "column": "movie_id",
        "id": 4,
        "weight": -0.25,
        "label": None,
        "keys": ["movie"],
        "values": ["[50]"],
        "others": 0,
        "share": 1.0,
        "support": 1200,
        "label_mean": 0.125,
        "name": "movie=Star [wars]",
    }


def test_what_is_lost_without_each_feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    calls: list[Any] = []

    def measure(model: Path, *arguments: Any) -> ImportanceRecord:
        calls.append(arguments[:3])
        arguments[3]("without movie")
        losses = [("mov[red]ie", 0.125, (0.1, 0.15)), ("age", -0.01, None)]
        features = [FeatureImportance(feature=key, loss=loss, interval=ends) for key, loss, ends in losses]
        return ImportanceRecord(metric="auc", rows=900, all_rows=False, features=features)

    monkeypatch.setattr(importance, "measure", measure)
    monkeypatch.setattr(training_rows, "train_files", lambda model, split: [f"{split}.gz"])
    done = called(str(tmp_path), "--importance", "--rows", "900", "--json", str(tmp_path / "out.json"))
    assert done.exception is None
    assert called(str(tmp_path), "--importance", "--split", "eval").exception is None
    assert calls == [(["test.gz"], "examples", 900), (["eval.gz"], "examples", 20_000)]
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["feature", "loss", "of", "auc", "95", "%", "interval"],
        ["mov[red]ie", "+0.1250", "+0.1000", "to", "+0.1500"],
        ["age", "-0.0100"],
    ]
    assert "900 rows (there are more: --rows)" in capfd.readouterr().err
    assert json.loads((tmp_path / "out.json").read_text())["features"][1]["loss"] == -0.01
    with pytest.raises(UsageError, match="--split names a split of the rows that the pipeline has read"):
        raise called(str(tmp_path), "--data", "x", "--format", "csv", "--split", "eval").exception or AssertionError


@pytest.mark.parametrize(
    ("kind", "label", "head"),
    [
        ("regression", None, ["feature", "weight", "support", "mean", "label"]),
        ("multiclass", 2, ["feature", "weight", "support", "class", "label", "rate"]),
    ],
)
def test_other_labels(asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind, label, head) -> None:
    weight = WeightExplanation("movie_id", 4, -0.25, label, ("movie",), ("50",), 0, 1.0, 12, 0.5)
    monkeypatch.setattr(explaining, "explain", lambda *given: Explanation(kind, 20, None, [weight]))
    (tmp_path / "rows.csv").touch()
    lines = called(str(tmp_path), "--data", str(tmp_path / "*.csv"), "--format", "csv").stdout.splitlines()
    expected = ["movie=50", "-0.2500", "12", *([str(label)] if label else []), "0.5000"]
    assert [line.split() for line in lines] == [head, expected]


def test_rows_of_ones_own(asked: list[Any], tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.parquet", "d.csv"):
        (tmp_path / name).touch()
    (tmp_path / "dry.csv").mkdir()
    patterns = ("--data", str(tmp_path / "[ab].csv"), "--data", str(tmp_path / "d*"))
    assert called(str(tmp_path), *patterns, "--format", "csv").exception is None
    [(_, files, file_format, top)] = asked
    assert (files, file_format, top) == ([str(tmp_path / name) for name in ("a.csv", "b.csv", "d.csv")], "csv", 20)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "rows/*.csv", "--format", "csv"], "--data rows/*.csv: matches no file."),
        (
            [],
            "{}: lies in no working directory (WORKDIR/models/1) that would know its data. "
            "Name rows to look at: --data 'data/train/*.csv' --format csv",
        ),
        (["--names", "movie"], "--names movie: a feature and a file are needed, as movie_id=movies.csv."),
    ],
)
def test_what_is_missing_is_said(asked: list[Any], tmp_path: Path, arguments: list[str], message: str) -> None:
    done = called(str(tmp_path), *arguments)
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == message.format(tmp_path)
    assert asked == []


@pytest.mark.parametrize("given", [["--data", "rows/*.csv"], ["--format", "csv"]])
def test_data_and_format_go_together(tmp_path: Path, given: list[str]) -> None:
    done = called(str(tmp_path), *given)
    assert "--data and --format go together: --data 'data/train/*.csv' --format csv" in str(done.exception)


def test_a_folder_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    widedeep = str(Path(sys.executable).parent / "widedeep")
    plain = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}
    done = subprocess.run([widedeep, "explain", str(tmp_path)], capture_output=True, text=True, check=False, env=plain)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"Error: {tmp_path}: is no model of this pipeline, as there is no assets.extra/features.json in it. "
        "Give the folder of a pushed version, as work/movielens/models/1.\n"
    )


def test_what_an_engine_leaves_beside_the_rows_is_not_read(tmp_path: Path) -> None:
    for name in ("part-0.csv", "_SUCCESS", ".part-0.csv.crc"):
        (tmp_path / name).write_text("")
    assert explain._files(tmp_path, (str(tmp_path / "*"),), "train") == [str(tmp_path / "part-0.csv")]
