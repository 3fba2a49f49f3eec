"""Files of actions, whatever their ids look like, some lines at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import DataError
from widedeep.components.outcomes import action_files
from widedeep.components.outcomes.action_files import action_batches
from widedeep.components.outcomes.matching import ACTED, ACTED_ON


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "actions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[list[tuple[str | None, str | None, int]]]:
    """(request, candidate, microseconds) of each batch."""
    return [
        list(zip(*(batch[name].to_pylist() for name in (ACTED_ON, "app", ACTED)), strict=True))
        for batch in action_batches(path, "request", "app", "time")
    ]


def test_json_lines_are_read_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, *({"request": f"r{number}", "app": "a", "time": number} for number in range(5)))
    # Less than a line, which is read to its end; and more than one, less than two.
    size = len(path.read_bytes()) // 5
    seconds = [("r0", "a", 0), ("r1", "a", 1), ("r2", "a", 2), ("r3", "a", 3), ("r4", "a", 4)]
    whole = [(request, app, moment * 1_000_000) for request, app, moment in seconds]
    for limit, batches in ((10, [1, 1, 1, 1, 1]), (size + 1, [2, 2, 1]), (10_000, [5])):
        monkeypatch.setattr(action_files, "_BYTES", limit)
        found = read(path)
        assert [len(batch) for batch in found] == batches
        assert [row for batch in found for row in batch] == whole


def test_ids_that_look_like_moments_stay_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, {"request": "2026-01-02", "app": "2026-01-02T03:04:05", "time": "1970-01-01T00:00:01Z"})
    assert read(path) == [[("2026-01-02", "2026-01-02T03:04:05", 1_000_000)]]


def test_ids_that_look_like_moments_stay_so_beside_numbers(tmp_path: Path) -> None:
    assert read(written(tmp_path, {"request": "2026-01-02", "app": 7, "time": 1})) == [[("2026-01-02", "7", 1_000_000)]]


def test_blank_lines_are_no_actions_and_an_empty_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_files, "_BYTES", 1)
    path = written(tmp_path, {"request": "r", "app": "a", "time": 1})
    path.write_text("\n" + path.read_text() + "\n\n")
    assert read(path) == [[("r", "a", 1_000_000)]]
    path.write_text("\n")
    with pytest.raises(DataError, match=f"{path}: is empty: not even one action"):
        read(path)


def test_ids_may_be_numbers(tmp_path: Path) -> None:
    assert read(written(tmp_path, {"request": 7, "app": "b", "time": 1}, {"request": 8, "app": "c", "time": 2})) == [
        [("7", "b", 1_000_000), ("8", "c", 2_000_000)]
    ]


def test_a_column_that_later_lines_lack_is_empty_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_files, "_BYTES", 1)
    path = written(tmp_path, {"request": "r", "app": "a", "time": 1}, {"request": "s", "time": 2})
    assert read(path) == [[("r", "a", 1_000_000)], [("s", None, 2_000_000)]]


@pytest.mark.parametrize("lacking", ["request", "app", "time"])
def test_a_column_that_no_line_has_is_named(tmp_path: Path, lacking: str) -> None:
    row = {"request": "r", "app": "a", "time": 1}
    del row[lacking]
    path = written(tmp_path, row)
    with pytest.raises(DataError, match=f"{path}: has no column '{lacking}', but {', '.join(row)}"):
        read(path)


def test_a_moment_that_a_line_lacks_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, {"request": "r", "app": "a", "time": 1}, {"request": "s", "app": "a"})
    with pytest.raises(DataError, match="column 'time': 1 of 2 actions have no moment"):
        read(path)
