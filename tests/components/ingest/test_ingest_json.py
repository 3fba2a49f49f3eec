"""JSON lines: what is read, and how each fault reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from widedeep.components.common.errors import DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.ingest.json_files import reader

FULL = {"user": "u", "tags": ["a", "b"], "age": 7.5, "label": 1}
NONE = {"user": None, "tags": None, "age": None}


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "data.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*objects: object) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def rows(path: Path, spec: FeatureSpec, dialect: CsvDialect = PLAIN) -> list[dict[str, Any]]:
    return pa.Table.from_batches(raw_files.read(str(path), "jsonl", spec, dialect=dialect)).to_pylist()


def refused(path: Path, spec: FeatureSpec) -> str:
    with pytest.raises(DataError) as caught:
        rows(path, spec)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


@pytest.mark.parametrize(
    ("given_row", "expected"),
    [
        ({}, {}),
        ({"user": 7}, {"user": [b"7"]}),
        ({"user": True}, {"user": [b"true"]}),
        ({"user": 2**64 - 1}, {"user": [b"18446744073709551615"]}),
        ({"user": ["u"]}, {"user": [b"u"]}),
        ({"user": "Größe \U0001f600"}, {"user": "Größe \U0001f600".encode()}),
        ({"user": None}, {"user": None}),
        ({"user": ""}, {"user": None}),
        ({"user": []}, {"user": None}),
        ({"tags": "x|y"}, {"tags": [b"x", b"y"]}),
        ({"tags": [1, "x", True, None, ""]}, {"tags": [b"1", b"x", b"true"]}),
        ({"tags": 5}, {"tags": [b"5"]}),
        ({"tags": []}, {"tags": None}),
        ({"age": 3}, {"age": [3.0]}),
        ({"age": "3.5"}, {"age": [3.5]}),
        ({"age": " "}, {"age": None}),
        ({"age": [2.5]}, {"age": [2.5]}),
        ({"label": "1"}, {"label": [1]}),
        ({"label": False}, {"label": [0]}),
        ({"label": 1.0}, {"label": [1]}),
        ({"other": {"deep": [1]}}, {}),
    ],
)
@pytest.mark.parametrize("among", [False, True])
def test_values(
    tmp_path: Path, spec: FeatureSpec, given_row: dict[str, Any], expected: dict[str, Any], among: bool
) -> None:
    """Alone, and among rows whose values have other types."""
    plain = {"user": [b"u"], "tags": [b"a", b"b"], "age": [7.5], "label": [1]}
    row = {name: [value] if isinstance(value, bytes) else value for name, value in {**plain, **expected}.items()}
    path = written(tmp_path, lines({**FULL, **given_row}, *([FULL, {"label": 0}] if among else [])))
    assert rows(path, spec) == [row, *([plain, {**NONE, "label": [0]}] if among else [])]


@pytest.mark.parametrize("content", ["\ufeff{}\n\n\r\n{}", "{}\r\n{}\r\n", " {} \n{}\n"])
def test_lines(tmp_path: Path, spec: FeatureSpec, content: str) -> None:
    assert (
        rows(written(tmp_path, content.replace("{}", json.dumps({"label": 1}))), spec) == [{**NONE, "label": [1]}] * 2
    )


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_encodings(tmp_path: Path, spec: FeatureSpec, encoding: str) -> None:
    text = json.dumps({"label": 1, "user": "Größe"}, ensure_ascii=False)
    [row] = rows(written(tmp_path, text.encode(encoding)), spec, CsvDialect(encoding=encoding))
    assert row["user"] == ["Größe".encode()]


def test_a_key_within_an_object(tmp_path: Path) -> None:
    shared = {"side": "context", "wide": True, "transform": {"hash": {"buckets": 9}}}
    nested = FeatureSpec.model_validate(
        {
            "label": {"key": "label", "column": "outcome.clicked"},
            "features": [
                {"key": "user", "column": "user.id", "kind": "categorical", **shared},
                {"key": "tags", "column": "user.likes.tags", "kind": "set", **shared},
            ],
        }
    )
    path = written(
        tmp_path,
        lines(
            {"user": {"id": 3, "likes": {"tags": ["a"]}}, "outcome": {"clicked": 1}, "x": 1},
            {"user": {"likes": None}, "outcome": {"clicked": 0}},
            {"user": None, "user.id": "plain", "outcome.clicked": 0},
        ),
    )
    undeclared: set[str] = set()
    batches = raw_files.read(str(path), "jsonl", nested, undeclared=undeclared)
    assert pa.Table.from_batches(batches).to_pylist() == [
        {"user": [b"3"], "tags": [b"a"], "label": [1]},
        {"user": None, "tags": None, "label": [0]},
        {"user": [b"plain"], "tags": None, "label": [0]},
    ]
    assert undeclared == {"x"}


OBJECT = "is an object, and a value is needed: name the value inside, as 'user.id', in features.yaml's `column`."
FRACTION = "is no whole number of 64 bits, and a category is such a number or text: write it as text."


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"user": 1.0}, f"column 'user': 1.0 {FRACTION}"),
        ({"user": 2**64}, f"column 'user': 1.8446744073709552e+19 {FRACTION}"),
        ({"user": {"id": 1}}, f"column 'user': {{'id': 1}} {OBJECT}"),
        ({"user": [{"id": 1}]}, f"column 'user': {{'id': 1}} {OBJECT}"),
        ({"user": ["a", "b"]}, "column 'user': ['a', 'b'] has several values, and only a set may."),
        ({"age": {"years": 1}}, f"column 'age': {{'years': 1}} {OBJECT}"),
        ({"age": "old"}, "column 'age': 'old' is not a number."),
        ({"age": "NULL"}, "column 'age': 'NULL' is not a number; write null where there is no value."),
        ({"age": 1e39}, "column 'age': 1e+39 is not a finite number of 32 bits (leave a missing value empty)."),
        (
            {"tags": [["a"]]},
            "column 'tags': [['a']] has a list or an object within, and a set holds texts and whole numbers.",
        ),
        ({"tags": ["a", 0.5]}, f"column 'tags': 0.5 {FRACTION}"),
        ({"label": None}, "column 'label': the value is missing: the label must be 0 or 1."),
        ({"label": 2}, "column 'label': 2 is wrong: the label must be 0 or 1"),
        ({"user": "x" * 5000}, "column 'user': '"),
    ],
)
@pytest.mark.parametrize("before", [0, 9000])
def test_a_value_that_can_not_be(
    tmp_path: Path, spec: FeatureSpec, row: dict[str, Any], text: str, before: int
) -> None:
    path = written(tmp_path, "\n" + lines(FULL) * before + lines({**FULL, **row}, FULL))
    assert refused(path, spec).startswith(f", row {before + 1}, {text}")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            '{"label": 1}\n{"label": 1\n',
            ", row 2: is no JSON (unexpected end of data): '{\"label\": 1'. Is data.format right, and an object in "
            "each line?",
        ),
        (
            '{"label": 1, "age": NaN}\n',
            ', row 1: is no JSON, which knows neither NaN nor Infinity: \'{"label": 1, "age": NaN}\': '
            "write null for no value.",
        ),
        (
            '[\n{"label": 1}\n]\n',
            ", row 1: '[': the file is one JSON document, and an object a line is needed: jq -c '.[]' makes them of a "
            "list.",
        ),
        (
            '[{"label": 1}]\n',
            ", row 1: [{'label': 1}] is a list, and an object a line is needed, whose keys are the columns: "
            "jq -c '.[]' makes them of a list of objects.",
        ),
        (
            '{"label": 0, "tags": "a\\": b"}\n{"label": 1, "label" : 0}\n',
            ", row 2: has the key 'label' twice: '{\"label\": 1, \"label\" : 0}'. Which value is meant?",
        ),
        (
            '{"label": 1, "x": [{"a": 1, "b": {"a": 2}}, {"a": 3}]}\n{"label": 1, "x": {"a": 1, "a": 2}}\n',
            ', row 2: has the key \'a\' twice: \'{"label": 1, "x": {"a": 1, "a": 2}}\'. Which value is meant?',
        ),
        ("7\n", ", row 1: 7 is no object, whose keys are the columns."),
        ("\n\n", ": the file has no rows. Remove it, or point data.path elsewhere."),
        (b"\xff\xfe{\0}\0", ": begins as text in UTF-16 does: set data.encoding: utf-16."),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, spec: FeatureSpec, content: str | bytes, text: str) -> None:
    assert refused(written(tmp_path, content), spec) == text


def test_text_in_another_encoding(tmp_path: Path, spec: FeatureSpec) -> None:
    path = written(tmp_path, b'{"label": 1, "user": "gr\xf6sse"}\n')
    assert refused(path, spec).startswith(", row 1: is no JSON (")


def test_a_line_without_end(tmp_path: Path, spec: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_BLOCK_BYTES", 1 << 10)
    monkeypatch.setattr(reader, "_LONGEST", 1 << 20)
    path = written(tmp_path, '{"label": 1, "x": "' + "y" * (1 << 21))
    assert refused(path, spec).startswith(': has a line of more than 1 MB, \'{"label": 1, ')


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.text(max_size=9))


@given(values=st.lists(VALUES, min_size=1, max_size=9))
@example(values=[1, "1", True, None, 2**63])
def test_every_category_comes_back(
    values: list[Any], tmp_path_factory: pytest.TempPathFactory, spec: FeatureSpec
) -> None:
    """In one mixture of types or another: text as it is, a number's digits, and a boolean's name in JSON."""
    path = written(tmp_path_factory.mktemp("json"), lines(*({"user": value, "label": 1} for value in values)))
    texts = [value if isinstance(value, str) or value is None else json.dumps(value) for value in values]
    assert [row["user"] for row in rows(path, spec)] == [[text.encode()] if text else None for text in texts]
