"""Records are written whole, and read back or refused in words."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import Field, ValidationError

from widedeep.components.common.errors import RecordError
from widedeep.components.common.records import Number, Pair, Record, SparseRecord


class Part(SparseRecord):
    """A part whose optional number may be left out."""

    name: str
    mean: Number = None


class Whole(Record):
    """One of each kind."""

    value: Number
    ends: Pair
    count: int
    ok: bool
    parts: list[Part] = []
    later: str | None = Field(None, alias="from")


WHOLE = Whole(value=0.5, ends=(1.0, 2.5), count=3, ok=True, parts=[Part(name="a", mean=4.0), Part(name="b")])
REMEDY = (
    "Another version of widedeep, or something else, wrote this file: read it with the version that wrote it, "
    "or remove it and run the pipeline again."
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "whole.json"
    WHOLE.write(path)
    assert json.loads(path.read_text()) == {
        "value": 0.5,
        "ends": [1.0, 2.5],
        "count": 3,
        "ok": True,
        "parts": [{"name": "a", "mean": 4.0}, {"name": "b"}],
        "from": None,
    }
    assert Whole.read(path) == Whole.read(str(path)) == WHOLE
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, np.float64(math.nan)])
def test_a_number_that_is_not_finite_is_null(number: float) -> None:
    record = WHOLE.model_copy(update=Whole(value=number, ends=(0, 1), count=0, ok=False).model_dump())
    assert record.value is None
    assert json.loads(record.text(), parse_constant=pytest.fail)["value"] is None
    # As JSON of earlier days has it.
    assert Part.parse('{"name": "a", "mean": NaN}', "file") == Part(name="a")


def test_an_interval_without_an_end_is_no_interval() -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Whole(value=0.0, ends=(0.0, math.nan), count=0, ok=True)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "whole.json"
    WHOLE.write(path)

    def full(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        WHOLE.model_copy(update={"count": 4}).write(path)
    assert Whole.read(path) == WHOLE
    assert os.listdir(tmp_path) == ["whole.json"]


def test_an_address_is_written_and_read_too(tmp_path: Path) -> None:
    address = f"file://{tmp_path}/bucket/whole.json"
    WHOLE.write(address)
    assert [path.name for path in (tmp_path / "bucket").iterdir()] == ["whole.json"]
    assert Whole.read(address) == WHOLE
    with pytest.raises(RecordError, match=r"^file://.*other\.json: can't be read: .*No such file or directory"):
        Whole.read(address.replace("whole", "other"))


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(WHOLE.text()) | changes)


def test_a_key_that_came_later_has_its_default() -> None:
    older = {key: value for key, value in json.loads(WHOLE.text()).items() if key not in ("parts", "from")}
    assert Whole.parse(json.dumps(older), "file") == WHOLE.model_copy(update={"parts": []})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (changed(count="3"), "whole.json: count: Input should be a valid integer (it is '3')"),
        (changed(count=3.5), "whole.json: count: Input should be a valid integer (it is 3.5)"),
        (changed(ok=1), "whole.json: ok: Input should be a valid boolean (it is 1)"),
        (changed(value="0.5"), "whole.json: value: Input should be a valid number (it is '0.5')"),
        (changed(ends=[1]), "whole.json: ends.1: Field required (it is [1])"),
        (changed(counts=3), "whole.json: unknown key 'counts': did you mean 'count'?"),
        (changed(parts=[{"nam": "a"}]), "whole.json: parts.0: unknown key 'nam': did you mean 'name'?"),
        ("[1]", "whole.json: holds no JSON object."),
        ('{"value": ', "whole.json: is not valid JSON: Expecting value: line 1 column 11 (char 10)."),
        ("[" * 100_000, "whole.json: is not valid JSON: "),
    ],
)
def test_a_foreign_file_is_refused_in_words(text: str, problem: str) -> None:
    with pytest.raises(RecordError) as caught:
        Whole.parse(text, "whole.json")
    assert str(caught.value).startswith(problem)
    assert str(caught.value).endswith(REMEDY)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        Whole.read(tmp_path / "whole.json")
    assert str(caught.value) == f"{tmp_path}/whole.json: can't be read: No such file or directory."


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "whole.json").write_bytes(b"{\xff")
    with pytest.raises(RecordError) as caught:
        Whole.read(tmp_path / "whole.json")
    assert str(caught.value) == f"{tmp_path}/whole.json: is not UTF-8 text (at byte 1). {REMEDY}"
