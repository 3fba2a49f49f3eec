"""Rows of CSV that are told and left out, and files in which nobody can tell where a row ends."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.csv_files import reader
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.ingest.csv_files.reader import read
from widedeep.components.ingest.wanted_columns import BrokenRow

COLUMNS = ["a", "b"]
NEITHER = "a quote is neither doubled nor followed by the delimiter"
DOUBLED = 'A quote within quotes is doubled: "5"" tall". Where quotes are signs as any other: set data.quote: null.'
UNTRUSTED = "What follows can't be told apart into rows, so that it can't be left out: mend the file."


def rows(path: Path, content: str, dialect: CsvDialect = PLAIN) -> tuple[list[tuple[Any, ...]], list[BrokenRow]]:
    path.write_bytes(content.encode())
    broken: list[BrokenRow] = []
    table = pa.Table.from_batches(list(read(str(path), COLUMNS, dialect, broken)))
    return [tuple(row.values()) for row in table.to_pylist()], broken


@pytest.fixture(params=[1 << 24, 7])
def block_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A block of the file, which may end anywhere."""

    def small(self: Any, stream: Any, size: int, fields: int | None) -> Iterator[Any]:
        class Slow:
            def read(self, _: int) -> bytes:
                return stream.read(request.param)

        return whole(self, Slow(), size, fields)

    whole = reader.RowSyntax.parts
    monkeypatch.setattr(reader.RowSyntax, "parts", small)
    return request.param


@pytest.mark.parametrize("line", ["\n", "\r\n"])
@pytest.mark.usefixtures("block_bytes")
def test_a_misplaced_quote_is_its_row_s_fault(tmp_path: Path, line: str) -> None:
    lines = ["a,b", "1,x", '"27" TV",y', "2,z", '"s" t,"u" v', "", "3,w,w", '4,"""q"""', 'p,"r" s']
    for content in (line.join(lines), line.join(lines) + line):
        sound, broken = rows(tmp_path / "a.csv", content)
        nothing = (None, None)
        assert sound == [(b"1", b"x"), nothing, (b"2", b"z"), nothing, nothing, (b"4", b'"q"'), nothing]
        assert broken == [
            BrokenRow(2, f"column 'a': {NEITHER}: '\"27\" TV\",y'. {DOUBLED}", '"27" TV",y'),
            BrokenRow(4, f"column 'a': {NEITHER}: '\"s\" t,\"u\" v'. {DOUBLED}", '"s" t,"u" v'),
            BrokenRow(
                5,
                "has 3 fields, and the header 2: '3,w,w'; a field with a comma or a line break in it needs quotes.",
                "3,w,w",
            ),
            BrokenRow(7, f"column 'b': {NEITHER}: '\"r\" s'. {DOUBLED}", 'p,"r" s'),
        ]


@pytest.mark.parametrize(
    ("content", "where", "fault"),
    [
        # Nobody knows whether the second line is a row of its own.
        ('a,b\n1,x\n"s\nt" u,y\n2,z\n', ", row 2, column 'a'", NEITHER),
        # A line with another number of fields may be a part of a row.
        ('a,b\n1,x\n"s" t\nu",y\n2,z\n', ", row 2, column 'a'", NEITHER),
        ('a,b\n1,x\n2,"z\n3,w\n', ", row 2", "a quote is opened that no other closes, up to the file's end"),
        ('a,"b" c\n1,x\n', ", header", NEITHER),
    ],
)
def test_where_a_row_ends_nobody_can_tell(tmp_path: Path, content: str, where: str, fault: str) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(DataError) as caught:
        rows(path, content)
    assert str(caught.value).startswith(f"{path}{where}")
    assert fault in str(caught.value)
    assert str(caught.value).endswith(UNTRUSTED)


def test_without_a_header_and_with_escapes(tmp_path: Path) -> None:
    dialect = CsvDialect(header=False, columns=("a", "b"), escape="\\")
    sound, broken = rows(tmp_path / "a.csv", '1,"x\\""\n"s" t,y\n2,z\n', dialect)
    assert sound == [(b"1", b'x"'), (None, None), (b"2", b"z")]
    assert [(each.row, each.text) for each in broken] == [(2, '"s" t,y')]


FIELDS = st.text(st.sampled_from('ab",\n\r '), max_size=5)
STRAY = st.sampled_from(['"a" b,c', 'a,"b" c', '"27" TV",b', '"" ,b'])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(FIELDS, FIELDS) | STRAY, min_size=1, max_size=8))
def test_sound_rows_are_read_as_python_reads_them_whatever_stands_between(
    tmp_path: Path, given_rows: list[tuple[str, str] | str]
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in given_rows:
        if isinstance(row, str):
            buffer.write(f"{row}\n")
        else:
            writer.writerow(row)
    sound, broken = rows(tmp_path / "a.csv", buffer.getvalue())
    expected = [
        (None, None) if isinstance(row, str) else tuple(field.encode() or None for field in row) for row in given_rows
    ]
    assert sound == expected
    assert [each.text for each in broken] == [row for row in given_rows if isinstance(row, str)]
