"""widedeep join on real Beam: whole folders of a request log, every form of actions, and what is refused."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.outcomes import partitions
from widedeep.pipeline.commands.datasets.join import command
from widedeep.serving.client.signature import Feature
from widedeep.serving.request_log.entry import Entry, entry
from widedeep.serving.request_log.log_files import LogFiles
from widedeep.serving.request_log.log_rows import rows

FEATURES = {
    "app": Feature("app", "candidate", "text", required=True),
    "age": Feature("age", "user", "number", required=False),
}
MORNING = datetime(2026, 11, 29, 8, tzinfo=UTC).timestamp()


def request(number: int, name: str) -> Entry:
    apps = np.array([[f"app-{number % 7}".encode(), b"app-x", b"app-y"]], object)
    tensors = {"app": apps, "age": np.array([float(number)], np.float32)}
    scores = np.array([[0.5, 0.25, 0.75]], np.float32)
    return entry(MORNING + 60 * number, name, 3, FEATURES, tensors, scores)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Twenty requests of three candidates, in two files."""
    files = LogFiles(tmp_path / "log", 1 << 30)
    for first in (0, 10):
        files.write(rows([request(number, f"r{number}") for number in range(first, first + 10)]), MORNING)
    return tmp_path / "log"


def moment(number: int, after: timedelta) -> datetime:
    return datetime.fromtimestamp(MORNING + 60 * number, UTC) + after


# Of request 1 in time, twice; of 2 late; of 3 in time; of 4 before; of none.
HOUR = timedelta(hours=1)
ACTIONS = [
    ("r1", "app-x", moment(1, HOUR)),
    ("r1", "app-x", moment(1, HOUR / 2)),
    ("r2", "app-x", moment(2, 3 * HOUR)),
    ("r3", "app-3", moment(3, 2 * HOUR)),
    ("r4", "app-y", moment(4, -HOUR)),
    ("r5", "app-9", moment(5, HOUR)),
]


def written(path: Path) -> Path:
    """The actions in the form that the name says, and their moments in one of each form."""
    moments: list[Any] = [when for *_, when in ACTIONS]
    if path.suffix == ".csv":
        moments = [when.isoformat() for when in moments]
    elif path.suffix == ".jsonl":
        moments = [when.timestamp() for when in moments]
    columns = {"request_id": [r for r, *_ in ACTIONS], "app": [app for _, app, _ in ACTIONS], "time": moments}
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    elif path.suffix == ".csv":
        pyarrow.csv.write_csv(pa.table(columns), path)
    else:
        rows = zip(*columns.values(), strict=True)
        path.write_text("".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))
    return path


def run(log: Path, actions: Path, out: Path, *more: str) -> Any:
    arguments = [
        "--impressions",
        log,
        "--actions",
        actions,
        "--candidate",
        "app",
        "--within",
        "2h",
        "--out",
        out,
        *more,
    ]
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=True)


def digests(folder: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.parquet"))]


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_each_impression_is_labelled_by_what_followed(
    log: Path, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_ROWS", 16)
    actions, out = written(tmp_path / f"actions.{ending}"), tmp_path / "day"
    until = ("--until", "2026-11-30T00:00:00Z", "--label", "installed", "--json", str(tmp_path / "counts.json"))
    done = run(log, actions, out, *until)
    assert done.exit_code == 0, done.exception
    counts = json.loads((tmp_path / "counts.json").read_text())
    wanted = {"impressions": 60, "positives": 2, "taken": 2, "repeated": 1, "late": 1, "early": 1, "unshown": 1}
    assert {name: counts[name] for name in wanted} == wanted
    assert len(list(out.glob("*.parquet"))) == 4
    rows = pa.concat_tables(pq.read_table(path) for path in sorted(out.glob("*.parquet"))).to_pylist()
    assert len(rows) == 60
    positive = [(row["log_request_id"], row["app"], row["age"]) for row in rows if row["installed"]]
    assert sorted(positive) == [("r1", "app-x", 1.0), ("r3", "app-3", 3.0)]
    first = digests(out)
    assert run(log, actions, out, *until).exit_code == 0
    assert digests(out) == first


@pytest.mark.parametrize("position", ["age", "place"])
def test_what_was_seen_is_labelled_at_its_place(log: Path, tmp_path: Path, position: str) -> None:
    actions, out = written(tmp_path / "actions.parquet"), tmp_path / "day"
    until = ("--until", "2026-11-30T00:00:00Z", "--json", str(tmp_path / "counts.json"))
    done = run(log, actions, out, "--shown", "2", "--position", position, *until)
    assert done.exit_code == 0, done.exception
    counts = json.loads((tmp_path / "counts.json").read_text())
    # Each request's candidates have the ranks 2, 3 and 1, so that nobody saw app-x.
    wanted = {"impressions": 40, "positives": 1, "taken": 1, "repeated": 0, "late": 0, "early": 1, "unshown": 4}
    assert {name: counts[name] for name in wanted} == wanted
    [path] = out.glob("*.parquet")
    rows = pq.read_table(path)
    assert set(rows["app"].to_pylist()) == {"app-y", *(f"app-{number}" for number in range(7))}
    assert rows[position].to_pylist() == [1, 2] * 20
    # A column that the request had stays of its type.
    assert rows.schema.field(position).type == {"age": pa.float32(), "place": pa.int32()}[position]


def test_a_day_is_closed_when_its_window_is(log: Path, tmp_path: Path) -> None:
    actions, out = written(tmp_path / "actions.parquet"), tmp_path / "day"
    # The latest action is of 11:02; impressions from 9:02 on may still have one. Those of 8:00 to 8:19 do not.
    assert run(log, actions, out).exit_code == 0
    done = run(log, actions, tmp_path / "other", "--until", "2026-11-29T10:09:00Z")
    assert isinstance(done.exception, DataError)
    assert str(done.exception) == (
        "30 of 60 impressions are open: an action may follow them until 2:00:00 after, and the actions reach to "
        "2026-11-29 10:09:00 UTC. Come again with later actions, or say by --until up to which moment all are there."
    )
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        (["--within", "2"], ConfigError, "--within 2: give a number and a unit, as 30m, 24h or 7d."),
        (["--until", "noon"], ConfigError, "--until noon: is no moment: give it as 2026-11-30T00:00:00Z."),
        (["--candidate", "apps"], DataError, "has no column 'apps', but log_time, "),
        (["--label", "age"], DataError, "has a column 'age' already, which the label was to be: choose another."),
        (["--time", "when"], DataError, "has no column 'when', but request_id, app, time."),
    ],
)
def test_what_can_t_be_joined_is_named(
    log: Path, tmp_path: Path, options: list[str], kind: type[Exception], text: str
) -> None:
    done = run(log, written(tmp_path / "actions.parquet"), tmp_path / "day", *options)
    assert isinstance(done.exception, kind), done.exception
    assert text in str(done.exception)
    assert not (tmp_path / "day").exists()


def test_a_folder_of_other_files_is_refused(log: Path, tmp_path: Path) -> None:
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions" / "notes.txt").write_text("")
    done = run(log, tmp_path / "actions", tmp_path / "day")
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception).endswith(f"is wanted, and {tmp_path}/actions/notes.txt is none.")


def test_an_id_of_digits_is_a_text(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "log", 1 << 30)
    files.write(rows([request(0, "007")]), MORNING)
    actions = tmp_path / "actions.csv"
    actions.write_text("request_id,app,time\n007,app-x,2026-11-29T08:30:00Z\n")
    done = run(
        tmp_path / "log", actions, tmp_path / "day", "--until", "2026-11-30", "--json", str(tmp_path / "counts.json")
    )
    assert done.exit_code == 0, done.exception
    assert json.loads((tmp_path / "counts.json").read_text())["positives"] == 1
