"""Parquet files: the types that Arrow and pandas write, and how each fault reads."""

from __future__ import annotations

import datetime
import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from widedeep.components.common.errors import DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.parquet_files.barred import with_barred
from widedeep.components.ingest.raw_files import RowReader

COLUMNS = {
    "user": pa.array(["u0", None, "u2"]),
    "tags": pa.array([["a", "b"], [], None], pa.list_(pa.string())),
    "age": pa.array([1.5, None, 3.0]),
    "label": pa.array([0, 1, 1]),
}
ROWS = [
    {"user": [b"u0"], "tags": [b"a", b"b"], "age": [1.5], "label": [0]},
    {"user": None, "tags": None, "age": None, "label": [1]},
    {"user": [b"u2"], "tags": None, "age": [3.0], "label": [1]},
]


def rows(path: Path, spec: FeatureSpec) -> list[dict[str, Any]]:
    return pa.Table.from_batches(raw_files.read(str(path), "parquet", spec)).to_pylist()


def written(tmp_path: Path, **changed: Any) -> Path:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({**COLUMNS, **changed}), path)
    return path


def refused(path: Path, spec: FeatureSpec) -> str:
    with pytest.raises(DataError) as caught:
        rows(path, spec)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def test_plain(tmp_path: Path, spec: FeatureSpec) -> None:
    assert rows(written(tmp_path), spec) == ROWS


def test_a_column_that_the_file_bars_is_no_feature_whoever_declares_it(tmp_path: Path, spec: FeatureSpec) -> None:
    whole = pa.table({**COLUMNS, "truth": [0.1, 0.2, 0.3]})
    path = tmp_path / "data.parquet"
    pq.write_table(whole.cast(with_barred(whole.schema, ["truth"])), path)
    assert rows(path, spec) == ROWS
    # Under any key.
    renamed = [each.model_copy(update={"column": "truth"}) if each.key == "age" else each for each in spec.features]
    declaring = spec.model_copy(update={"features": tuple(renamed)})
    said = (
        ": features.yaml declares the column 'truth', and the file says that no model may read it: it tells the label, "
        "and no server will know it. Take it out of features.yaml."
    )
    assert refused(path, declaring) == said
    # Beside the rows it may be asked for, by whoever does not declare it.
    beside = {"truth": "data.hash_by names"}
    with pytest.raises(DataError, match=re.escape(said)):
        list(RowReader("parquet", declaring, beside=beside).read(str(path)))
    [read] = RowReader("parquet", spec, beside=beside).read(str(path))
    assert read.beside["truth"].to_pylist() == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("said", ["truth", '"truth"', '["thruth"]'])
def test_what_a_file_bars_must_be_its_columns(tmp_path: Path, spec: FeatureSpec, said: str) -> None:
    whole = pa.table({**COLUMNS, "truth": [0.1, 0.2, 0.3]})
    path = tmp_path / "data.parquet"
    pq.write_table(whole.replace_schema_metadata({"widedeep.barred": said}), path)
    assert refused(path, spec) == (
        f": its 'widedeep.barred' is {said}: write a JSON list of names of its columns, as "
        f'["{whole.column_names[0]}"].'
    )


# Without the time of day, which the names of tests would hold.
PACKED = gzip.compress(b"PAR1", mtime=0)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("user", pa.array(["u0", None, "u2"], pa.large_string())),
        ("user", pa.array([b"u0", b"", b"u2"], pa.binary())),
        ("user", pa.array(["u0", None, "u2"]).dictionary_encode()),
        ("user", pa.array([["u0"], [], ["u2"]])),
        ("user", pa.array([["u0"], None, ["u2"]], pa.large_list(pa.large_string()))),
        ("tags", pa.array([["a", "b"], None, []], pa.large_list(pa.large_string()))),
        ("tags", pa.array([["a", None, "b"], [""], [None]])),
        ("tags", pa.array(["a|b", "|", None])),
        ("tags", pa.array(["a|b", "", None]).dictionary_encode()),
        ("tags", pa.array([["a", "b"], [], None], pa.list_(pa.dictionary(pa.int32(), pa.string())))),
        ("age", pa.array(["1.5", "", " 3 "])),
        ("age", pa.array([[1.5], [], [3.0]], pa.list_(pa.float32()))),
        ("age", pa.array(np.array([1.5, np.nan, 3.0], np.float16), from_pandas=True)),
        ("label", pa.array([False, True, True])),
        ("label", pa.array([0.0, 1.0, 1.0])),
        ("label", pa.array(["0", "1", "1"])),
        ("label", pa.array([[0], [1], [1]], pa.list_(pa.int8()))),
    ],
)
def test_other_types(tmp_path: Path, spec: FeatureSpec, column: str, values: pa.Array) -> None:
    assert rows(written(tmp_path, **{column: values}), spec) == ROWS


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([7, None, -1]), [[b"7"], None, [b"-1"]]),
        (pa.array([2**63, None, 1], pa.uint64()), [[b"9223372036854775808"], None, [b"1"]]),
        (pa.array([True, None, False]), [[b"true"], None, [b"false"]]),
        (pa.nulls(3), [None, None, None]),
    ],
)
def test_categories_of_other_types(
    tmp_path: Path, spec: FeatureSpec, values: pa.Array, expected: list[list[bytes] | None]
) -> None:
    assert [row["user"] for row in rows(written(tmp_path, user=values), spec)] == expected


def test_sets_of_whole_numbers(tmp_path: Path, spec: FeatureSpec) -> None:
    read = rows(written(tmp_path, tags=pa.array([[1, 2], None, [3]])), spec)
    assert [row["tags"] for row in read] == [[b"1", b"2"], None, [b"3"]]
    read = rows(written(tmp_path, tags=pa.array([1, None, 23])), spec)
    assert [row["tags"] for row in read] == [[b"1"], None, [b"23"]]


def test_whole_numbers_of_any_size_as_numeric(tmp_path: Path, spec: FeatureSpec) -> None:
    [first, *_] = rows(written(tmp_path, age=pa.array([2**60 + 1, 1, 2])), spec)
    assert first["age"] == [float(2**60)]  # 32 bits hold no more


def test_made_by_pandas(tmp_path: Path, spec: FeatureSpec) -> None:
    frame = pd.DataFrame(
        {
            "label": [0, 1, 1],
            "tags": [np.array(["a", "b"]), np.array([], dtype=object), None],
            "age": [1.5, np.nan, 3.0],
            "user": pd.Series(["u0", None, "u2"], dtype="category"),
            "when": pd.Timestamp("2024-01-01"),
        }
    ).set_index(pd.Index([5, 6, 7]))
    frame.to_parquet(tmp_path / "data.parquet")
    assert rows(tmp_path / "data.parquet", spec) == ROWS


def test_nullable_integers_of_pandas(tmp_path: Path, spec: FeatureSpec) -> None:
    frame = pd.DataFrame({"user": [1, None, 3], "tags": "a", "age": 1, "label": 1})
    path = tmp_path / "data.parquet"
    frame.to_parquet(path)
    assert refused(path, spec) == (
        ": column 'user' is of type double, but a category is text or a whole number: convert the column "
        "(pandas turns whole numbers with gaps into floats; astype('Int64') turns them back)."
    )
    frame.assign(user=frame["user"].astype("Int64")).to_parquet(path)
    assert [row["user"] for row in rows(path, spec)] == [[b"1"], None, [b"3"]]


@pytest.mark.parametrize(
    ("column", "values", "text"),
    [
        (
            "user",
            pa.array([datetime.date(2024, 1, 1)] * 3),
            ": column 'user' is of type date32[day], but a category is text or a whole number: convert the column.",
        ),
        (
            "tags",
            pa.array([[1.5], [], None]),
            ": column 'tags' is of type double, but a category is text or a whole number: convert the column "
            "(pandas turns whole numbers with gaps into floats; astype('Int64') turns them back).",
        ),
        (
            "age",
            pa.array([datetime.datetime(2024, 1, 1)] * 3),
            ": column 'age' is of type timestamp[us], but numbers are needed: convert the column.",
        ),
        (
            "age",
            pa.array([{"x": 1}] * 3),
            ": column 'age' is of type struct<x: int64>, but numbers are needed: convert the column.",
        ),
        (
            "user",
            pa.array([["a"], ["a", "b"], []]),
            ", row 2, column 'user': ['a', 'b'] has several values, and only a set may.",
        ),
        ("label", pa.array([[0], [], [1]]), ", row 2, column 'label': the value is missing: the label must be 0 or 1."),
        ("label", pa.array([0, 1, None]), ", row 3, column 'label': the value is missing: the label must be 0 or 1."),
        (
            "label",
            pa.array([0, 2, 1]),
            ", row 2, column 'label': 2 is wrong: the label must be 0 or 1; write in features.yaml, if all above 0 is "
            "1: label: {key: label, above: 0}.",
        ),
        (
            "age",
            pa.array([1.0, 2.0, float("nan")]),
            ", row 3, column 'age': nan is not a finite number of 32 bits (leave a missing value empty).",
        ),
        (
            "age",
            pa.array([1.0, 1e39, 2.0]),
            ", row 2, column 'age': 1e+39 is not a finite number of 32 bits (leave a missing value empty).",
        ),
        (
            "tags",
            pa.array([["a"], ["b", b"\xff"], []], pa.list_(pa.binary())),
            ", row 2, column 'tags': b'\\xff' is not UTF-8 text.",
        ),
        (
            "tags",
            pa.array([["a"], ["b"], ["c", "x" * 5000]]),
            f", row 3, column 'tags': '{'x' * 59}... (5,000 characters) has 5,000 bytes, and a category at most 4,096 "
            "(is a quote left open?).",
        ),
    ],
)
def test_bad_column(tmp_path: Path, spec: FeatureSpec, column: str, values: pa.Array, text: str) -> None:
    assert refused(written(tmp_path, **{column: values}), spec) == text


def test_string_that_is_not_utf8(tmp_path: Path, spec: FeatureSpec) -> None:
    # Parquet's word for it is not to be trusted.
    lie = pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"\xff", b"c"]).buffers())
    path = written(tmp_path, user=lie)
    assert refused(path, spec) == ", row 2, column 'user': b'\\xff' is not UTF-8 text."


@pytest.mark.parametrize("row_group", [100, 10_000, 30_000])
def test_row_numbers_and_slices(tmp_path: Path, spec: FeatureSpec, row_group: int) -> None:
    """Batches that begin inside a row group are slices, which Arrow's kernels must get right."""
    count = 20_000
    user = [f"u{n}" if n % 5 else "" for n in range(count)]
    tags = [[f"t{n}"] * (n % 3) for n in range(count)]
    table = pa.table({"label": [n % 2 for n in range(count)], "age": list(range(count)), "tags": tags, "user": user})
    path = tmp_path / "data.parquet"
    pq.write_table(table, path, row_group_size=row_group)
    expected = [
        {
            "user": [b"u%d" % n] if n % 5 else None,
            "tags": [b"t%d" % n] * (n % 3) or None,
            "age": [float(n)],
            "label": [n % 2],
        }
        for n in range(count)
    ]
    assert rows(path, spec) == expected
    bad = [str(n) if n != 17_777 else "x" for n in range(count)]
    pq.write_table(table.set_column(1, "age", pa.array(bad)), path, row_group_size=row_group)
    assert refused(path, spec) == ", row 17778, column 'age': 'x' is not a number."


def test_no_rows(tmp_path: Path, spec: FeatureSpec) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table(COLUMNS).slice(0, 0), path)
    assert refused(path, spec) == ": the file has no rows. Remove it, or point data.path elsewhere."


def test_missing_column(tmp_path: Path, spec: FeatureSpec) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table(COLUMNS).rename_columns(["user", "tag", "age", "label"]), path)
    assert refused(path, spec) == ": there is no column 'tags', which features.yaml declares: did you mean 'tag'?"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ": the file has no rows. Remove it, or point data.path elsewhere."),
        (PACKED, ": is packed by gzip, and Parquet packs its columns itself: unpack the file."),
        (b"user,label\n1,2\n" * 9, ": is not readable as Parquet: Parquet magic bytes not found in footer."),
    ],
)
def test_not_parquet(tmp_path: Path, spec: FeatureSpec, content: bytes, text: str) -> None:
    path = tmp_path / "data.parquet"
    path.write_bytes(content)
    assert refused(path, spec).startswith(text)


def test_damaged(tmp_path: Path, spec: FeatureSpec) -> None:
    path = written(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[:10] + b"\xff" * 10 + content[20:])
    message = refused(path, spec)
    assert message.startswith(": can't be read: Couldn't deserialize thrift")
    assert message.endswith(". Is the file whole?")


def test_lists_of_dictionaries_in_several_row_groups(tmp_path: Path, spec: FeatureSpec) -> None:
    """Which Arrow can't read in one go."""
    words = pa.array(["a", "b", "b"] * 20).dictionary_encode()
    tags = pa.ListArray.from_arrays(pa.array([3 * n // 2 for n in range(41)], pa.int32()), words)
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"user": ["u"] * 40, "tags": tags, "age": [1.0] * 40, "label": [1] * 40}), path, 10)
    with pytest.raises(pa.ArrowNotImplementedError):
        pq.ParquetFile(path).read()
    assert [row["tags"] for row in rows(path, spec)] == [[b"a"], [b"b", b"b"]] * 20
