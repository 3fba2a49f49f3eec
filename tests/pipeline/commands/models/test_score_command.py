"""`widedeep score` as a person calls it: what is wrong is told before anything is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from widedeep.components.features.model_files import FEATURES
from widedeep.components.scoring.quality import Metric
from widedeep.components.scoring.score_record import ScoreRecord

DECLARED = (
    '{"label": {"key": "clicked"}, "features": [{"key": "item", "kind": "categorical", "side": "candidate", '
    '"transform": {"vocabulary": {}}, "wide": true}]}'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What passes for a version until it is loaded, and rows."""
    (tmp_path / "1" / FEATURES).parent.mkdir(parents=True)
    (tmp_path / "1" / FEATURES).write_text(DECLARED)
    (tmp_path / "1" / "saved_model.pb").touch()
    (tmp_path / "rows.csv").write_text("item\na\n")
    return tmp_path


def called(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("widedeep")), "score", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["1", "no.csv", "--out", "a.csv"], "DATA no.csv: there is no such file."),
        (["1", "rows.csv", "--out", "a.txt"], "--out a.txt: ends in .txt, and the ending says what is written: "),
        (["1", "rows.csv", "--out", "rows.csv"], "--out rows.csv: is there already. Name another one, or replace it: "),
        (
            ["1", "rows.csv", "--out", "rows.csv", "--force"],
            "--out rows.csv: is among the rows that are to be scored. Name another file.",
        ),
        (
            ["1", "rows.csv", "--out", "a.csv", "--keep", "item,score"],
            "--keep score: is what a column of the scores is called: leave it out, or rename the column.",
        ),
        (["1", "rows.csv", "--out", "a.csv", "--keep", "item,item"], "--keep item: is named twice: "),
        (["1", "rows.csv", "--out", "a.csv", "--skip-bad", "bad.csv"], "--skip-bad bad.csv: a line of JSON a row is "),
        (
            ["1", "rows.csv", "--out", "a.csv", "--set", "data.delimitor=;"],
            "--set data.delimitor=;: data: unknown key 'delimitor': did you mean 'delimiter'?",
        ),
        (
            ["1", "rows.csv", "--out", "a.csv", "--set", "beam.mode=fast"],
            "--set beam.mode=fast: beam.mode: Input shoul",
        ),
        ([".", "rows.csv", "--out", "a.csv"], "1: the model can't be loaded: "),
    ],
)
@pytest.mark.usefixtures("forked_commands")
def test_wrong_usage_exits_with_2_and_says_what(folder: Path, arguments: list[str], message: str) -> None:
    done = called(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(f"Error: {message}")
    assert sorted(path.name for path in folder.iterdir()) == ["1", "rows.csv"]


def test_it_tells_what_came_of_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from widedeep.pipeline.commands.models import score

    record = ScoreRecord(
        rows=1234,
        aside=5,
        unlabelled=7,
        absent={"age": 1},
        first_fault="rows.csv, row 3: is wrong.",
        metrics={"auc": Metric(value=0.75, low=0.5, high=1.0), "logloss": Metric(value=None, low=None, high=None)},
    )
    monkeypatch.chdir(folder)
    monkeypatch.setattr(score, "_watched", lambda asked: record)
    score.command.main(
        ["1", "rows.csv", "--out", "a.csv", "--skip-bad", "bad.jsonl", "--metrics", "--json", "r.json"],
        standalone_mode=False,
    )
    told = capsys.readouterr()
    assert told.out == "auc          0.7500  0.5000 to 1.0000\nlogloss      n/a\n"
    assert "no column 'age' in rows.csv: scored as missing\n" in told.err
    assert "1,234 rows scored by 1 in " in told.err
    assert "5 left out, in bad.jsonl. The first: rows.csv, row 3: is wrong.\n" in told.err
    assert "7 of them have no label, and are not measured\n" in told.err
    assert json.loads((folder / "r.json").read_text()) == json.loads(record.text())
