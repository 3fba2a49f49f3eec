"""Scores are there whole or not at all, in the format that the name says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from widedeep.components.common.errors import ConfigError, DataError, WideDeepError
from widedeep.components.scoring.output import Output
from widedeep.components.scoring.segments import SegmentWriter, rows_written, segments

COLUMNS = {"id": ["a,b", None], "score": pa.array([0.1, float("nan")], pa.float32())}


def written(output: Output, *parts: dict[str, Any]) -> list[int]:
    """Writes a segment of each file; how many rows were told to be written."""
    told: list[int] = []
    with output.draft() as draft:
        folder = draft / "segments"
        folder.mkdir()
        for file, columns in enumerate(parts):
            with SegmentWriter(folder, file, 0) as writer:
                writer.write(pa.RecordBatch.from_pydict(columns), [])
        assert rows_written(folder) == sum(segment.rows for segment in segments(folder))
        output.write(segments(folder), draft, told.append)
    return told


def test_text_is_as_short_as_it_can_be(tmp_path: Path) -> None:
    assert written(Output.named(str(tmp_path / "a.csv"), force=False), COLUMNS) == [2]
    assert (tmp_path / "a.csv").read_text() == 'id,score\n"a,b",0.1\n,nan\n'
    written(Output.named(str(tmp_path / "a.jsonl"), force=False), COLUMNS)
    assert (tmp_path / "a.jsonl").read_text() == '{"id": "a,b", "score": 0.1}\n{"id": null, "score": null}\n'
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.jsonl"]


def test_parquet_keeps_types_and_files_that_differ_get_common_ones(tmp_path: Path) -> None:
    small, large = {"id": pa.array([1], pa.int32())}, {"id": pa.array([1 << 40], pa.int64())}
    assert written(Output.named(str(tmp_path / "a.parquet"), force=False), small, large) == [1, 2]
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.schema.types == [pa.int64()]
    assert table.column("id").to_pylist() == [1, 1 << 40]


def test_types_that_dont_go_together_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^--keep: a column is of types that don't go together: .*id"):
        written(Output.named(str(tmp_path / "a.csv"), force=False), {"id": ["a"]}, {"id": [[1.0]]})
    with pytest.raises(DataError, match=r"^--keep id: holds list<item: double> in each row.*write .jsonl or .parquet"):
        written(Output.named(str(tmp_path / "a.csv"), force=False), {"id": [[1.0]]})
    assert os.listdir(tmp_path) == []


def test_a_folder_has_a_shard_a_file(tmp_path: Path) -> None:
    written(Output.named(f"{tmp_path}/scores.jsonl/", force=False), {"id": [1]}, {"id": [2]})
    shards = sorted((tmp_path / "scores.jsonl").iterdir())
    assert [path.name for path in shards] == ["part-00000.jsonl", "part-00001.jsonl"]
    assert [json.loads(path.read_text()) for path in shards] == [{"id": 1}, {"id": 2}]
    # Without an ending it has Parquet.
    assert Output.named(f"{tmp_path}/scores/", force=False).ending == ".parquet"


def test_what_is_there_is_replaced_only_where_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")
    with pytest.raises(ConfigError, match=r"is there already. Name another one, or replace it: --force$"):
        Output.named(str(path), force=False)
    written(Output.named(str(path), force=True), {"id": [1]})
    assert path.read_text() == "id\n1\n"
    folder = tmp_path / "f.csv"
    (folder / "old").mkdir(parents=True)
    written(Output.named(str(folder), force=True), {"id": [1]})
    assert os.listdir(folder) == ["part-00000.csv"]
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "f.csv"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.txt", "--out a.txt: ends in .txt, and the ending says what is written: .parquet, .csv, .jsonl;"),
        ("a", "--out a: has no ending, and"),
        ("no/such/a.csv", "--out no/such/a.csv: there is no folder .*/no/such. Make it first."),
        ("gs://bucket/a.csv", "--out gs://bucket/a.csv: is no path here"),
    ],
)
def test_what_cant_be_written_is_told(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        Output.named(name, force=False)


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")
    output = Output.named(str(path), force=True)
    with pytest.raises(ZeroDivisionError), output.draft() as draft:
        (draft / "half").write_text(f"{1 / 0}")
    assert (path.read_text(), os.listdir(tmp_path)) == ("before", ["a.csv"])


def test_what_a_killed_process_left_goes_and_two_dont_write_at_once(tmp_path: Path) -> None:
    output = Output.named(str(tmp_path / "a.csv"), force=False)
    left = tmp_path / ".a.csv.draft"
    (left / "segments").mkdir(parents=True)
    (left / "whole.csv").write_text("half")
    with output.draft() as draft:
        assert (draft, os.listdir(draft)) == (left, [])
        with pytest.raises(WideDeepError, match=r"another process is writing it. Wait for it"), output.draft():
            pass
        assert left.is_dir()
    assert os.listdir(tmp_path) == []


def test_a_segment_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fails() -> None:
        with SegmentWriter(tmp_path, 0, 0) as writer:
            writer.write(pa.RecordBatch.from_pydict(COLUMNS), [b"{}\n"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert os.listdir(tmp_path) == []
