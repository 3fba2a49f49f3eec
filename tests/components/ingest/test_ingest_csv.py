"""CSV files: what is read, and how each fault reads."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from widedeep.components.common.errors import DataError
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.csv_files import faults, reader

HEADER = "user,tags,age,label\n"
ABOVE = "; write in features.yaml, if all above 0 is 1: label: {key: label, above: 0}."
OTHER = "if the file is in another encoding, name it: data: {encoding: latin-1}"


def rows(path: Path, spec: FeatureSpec) -> list[dict[str, Any]]:
    return pa.Table.from_batches(raw_files.read(str(path), "csv", spec)).to_pylist()


def written(tmp_path: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path: Path, spec: FeatureSpec) -> str:
    with pytest.raises(DataError) as caught:
        rows(path, spec)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert len(message) < len(str(path)) + 400
    return message.removeprefix(str(path))


ONE = {"user": [b"u1"], "tags": [b"a", b"b"], "age": [7.5], "label": [1]}


@pytest.mark.parametrize(
    "content",
    [
        "user,tags,age,label\nu1,a|b,7.5,1\n",
        "user,tags,age,label\nu1,a|b,7.5,1",
        "\ufeffuser,tags,age,label\r\nu1,a|b,7.5,1\r\n",
        '\ufeff"user","tags","age","label"\n"u1","a|b","7.5","1"\n',
        "label,other,tags,age,user\n1,x,a|b,7.5,u1\n",
        "user,tags,age,label\n\nu1,|a||b|, 7.5 ,1.0\n\n\n",
        'x,user,tags,age,label\n"a ""quoted"" \nline, and ""more""",u1,a|b,7.5,1\n',
    ],
)
def test_the_same_row(tmp_path: Path, spec: FeatureSpec, content: str) -> None:
    assert rows(written(tmp_path, content), spec) == [ONE]


@pytest.mark.parametrize(("name", "pack"), [("data.csv.gz", gzip.compress), ("data.csv.bz2", bz2.compress)])
def test_compressed(tmp_path: Path, spec: FeatureSpec, name: str, pack: Any) -> None:
    assert rows(written(tmp_path, pack(f"{HEADER}u1,a|b,7.5,1\n".encode()), name), spec) == [ONE]


def test_empty_fields_are_missing(tmp_path: Path, spec: FeatureSpec) -> None:
    path = written(tmp_path, f'{HEADER},,,0\n"","|"," ",1\n')
    missing = {"user": None, "tags": None, "age": None}
    assert rows(path, spec) == [{**missing, "label": [0]}, {**missing, "label": [1]}]


def test_text_is_kept_as_it_is(tmp_path: Path, spec: FeatureSpec) -> None:
    path = written(tmp_path, f'{HEADER}" 007 ",NULL|nan,0,0\n"a\nb",é,-0.5,0\n')
    assert rows(path, spec) == [
        {"user": [b" 007 "], "tags": [b"NULL", b"nan"], "age": [0.0], "label": [0]},
        {"user": [b"a\nb"], "tags": ["é".encode()], "age": [-0.5], "label": [0]},
    ]


def test_other_columns_may_hold_anything(tmp_path: Path, spec: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    # A type guessed from the first block (here, a number) must not be asked of a later one.
    monkeypatch.setattr(reader, "BLOCK_BYTES", 4096)
    body = "".join(f"u,a,1,0,{n}\n" for n in range(1000)) + "u,a,1,0,text\n"
    assert len(rows(written(tmp_path, f"user,tags,age,label,x\n{body}"), spec)) == 1001


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("u,a,abc,0", "column 'age': 'abc' is not a number."),
        ('u,a,"1,234",0', "column 'age': '1,234' is not a number."),
        ("u,a,0x1F,0", "column 'age': '0x1F' is not a number."),
        ("u,a,1_000,0", "column 'age': '1_000' is not a number."),
        (
            "u,a,nan,0",
            "column 'age': 'nan' is not a finite number of 32 bits (leave a missing value empty); "
            "if it stands for no value, name it: data: {null_values: ['nan']}.",
        ),
        (
            "u,a,-Infinity,0",
            "column 'age': '-Infinity' is not a finite number of 32 bits (leave a missing value empty).",
        ),
        ("u,a,1e39,0", "column 'age': '1e39' is not a finite number of 32 bits (leave a missing value empty)."),
        ("u,a,1,2", "column 'label': '2' is wrong: the label must be 0 or 1" + ABOVE),
        ("u,a,1,0.5", "column 'label': '0.5' is wrong: the label must be 0 or 1" + ABOVE),
        ("u,a,1,nan", "column 'label': 'nan' is wrong: the label must be 0 or 1."),
        (
            "u,a,1,yes",
            "column 'label': 'yes' is not a number: the label must be 0 or 1; "
            "write in features.yaml: label: {key: label, positive: ['yes'], negative: ['no']}.",
        ),
        ("u,a,1,", "column 'label': the value is missing: the label must be 0 or 1."),
        (b"\xff\xfe,a,1,0", f"column 'user': b'\\xff\\xfe' is not UTF-8 text; {OTHER}."),
        (b"u,a|\xff,1,0", f"column 'tags': b'a|\\xff' is not UTF-8 text; {OTHER}."),
        (b"u,a,\xff,0", f"column 'age': b'\\xff' is not UTF-8 text; {OTHER}."),
        (
            "x" * 1_000_000 + ",a,1,0",
            f"column 'user': '{'x' * 59}... (1,000,000 characters) has 1,000,000 bytes, "
            "and a category at most 4,096 (is a quote left open?).",
        ),
        (
            "u,b|" + "é" * 2049 + ",1,0",
            f"column 'tags': '{'é' * 59}... (2,049 characters) has 4,098 bytes, "
            "and a category at most 4,096 (is a quote left open?).",
        ),
        ("u,a," + "9" * 1_000_000 + "x,0", f"column 'age': '{'9' * 59}... (1,000,001 characters) is not a number."),
    ],
)
@pytest.mark.parametrize("before", [0, 3, 9000])
def test_bad_value(tmp_path: Path, spec: FeatureSpec, row: str | bytes, text: str, before: int) -> None:
    row = row if isinstance(row, bytes) else row.encode()
    # Rows before it, one of them over two lines, and blank lines, which are no rows.
    good = b'"u\nv",a,1,0\n\n' + b"u,a,1,0\n" * (before - 1) if before else b""
    path = written(tmp_path, HEADER.encode() + good + row + b"\nu,a,1,0\n" * 9000)
    assert refused(path, spec) == f", row {before + 1}, {text}"


def test_longest_category(tmp_path: Path, spec: FeatureSpec) -> None:
    [row] = rows(written(tmp_path, f"{HEADER}{'x' * 4096},a,1,0\n"), spec)
    assert row["user"] == [b"x" * 4096]


@pytest.mark.parametrize("count", [1, 2500])
@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("u,a,1", "has 3 fields, and the header 4: 'u,a,1'"),
        ("u,a,1,0,", "has 5 fields, and the header 4: 'u,a,1,0,'"),
        ("u,a,1,0," + "x" * 100_000, f"has 5 fields, and the header 4: 'u,a,1,0,{'x' * 52}'..."),
    ],
)
def test_ragged_row(
    tmp_path: Path, spec: FeatureSpec, row: str, text: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if len(row) < 100:
        monkeypatch.setattr(reader, "BLOCK_BYTES", 4096)
    path = written(tmp_path, HEADER + "u,a,1,0\n" * count + "\n" + row + "\nu,a,1,0\n")
    expected = f", row {count + 1}: {text}; a field with a comma or a line break in it needs quotes."
    assert refused(path, spec) == expected


@pytest.mark.parametrize("position", [1, 1023, 1024, 1025, 4000])
def test_row_numbers_across_blocks(
    tmp_path: Path, spec: FeatureSpec, position: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BLOCK_BYTES", 8192)
    lines = [f"u{n},a,{n},0\n" for n in range(1, 4001)]
    lines[position - 1] = "u,a,bad,0\n"
    assert refused(written(tmp_path, HEADER + "".join(lines)), spec).startswith(
        f", row {position}, column 'age': 'bad'"
    )


def test_line_breaks_across_blocks(tmp_path: Path, spec: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BLOCK_BYTES", 4096)
    user = "a\n" * 30
    read = rows(written(tmp_path, HEADER + f'"{user}",a,1,0\n' * 500), spec)
    assert [row["user"] for row in read] == [[user.encode()]] * 500


def test_batches_are_small_and_whole(tmp_path: Path, spec: FeatureSpec) -> None:
    body = "".join(f"u{n},a|b{n},{n},{n % 2}\n" if n % 7 else f",,,{n % 2}\n" for n in range(20_000))
    batches = list(raw_files.read(str(written(tmp_path, HEADER + body)), "csv", spec))
    assert [batch.num_rows for batch in batches] == [8192, 8192, 3616]
    for batch in batches:
        batch.validate(full=True)
    expected = [
        {"user": [b"u%d" % n], "tags": [b"a", b"b%d" % n], "age": [float(n)], "label": [n % 2]}
        if n % 7
        else {"user": None, "tags": None, "age": None, "label": [n % 2]}
        for n in range(20_000)
    ]
    assert pa.Table.from_batches(batches).to_pylist() == expected


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", ": the file is empty; a header and rows are needed."),
        ("\n\n", ": the file is empty; a header and rows are needed."),
        (HEADER, ": the file has no rows. Remove it, or point data.path elsewhere."),
        (HEADER.strip(), ": the file has no rows. Remove it, or point data.path elsewhere."),
        (HEADER + "\n\n", ": the file has no rows. Remove it, or point data.path elsewhere."),
        (
            "usr,tags,age,label,usd\nu,a,1,0,x\n",
            ": there is no column 'user', which features.yaml declares: did you mean 'usr'?",
        ),
        (
            "zzz,tags,age,label\nu,a,1,0\n",
            ": there is no column 'user', which features.yaml declares: "
            "the columns that features.yaml does not name are: zzz",
        ),
        (
            "tags,age,label\na,1,0\n",
            ": there is no column 'user', which features.yaml declares, and no other column that it could be.",
        ),
        (
            "user,tags,age,label,age\nu,a,1,0,2\n",
            ": the column 'age' stands 2 times in the header. Rename the others.",
        ),
        (
            b"gr\xf6sse\n1\n",
            ": no CSV header in UTF-8 at its start: b'gr\\xf6sse\\n1\\n'. Are data.format and data.encoding right?",
        ),
        (b"\xff\xfeu\x00s\x00", ": begins as text in UTF-16 does: set data.encoding: utf-16."),
    ],
)
def test_bad_file(tmp_path: Path, spec: FeatureSpec, content: str | bytes, text: str) -> None:
    assert refused(written(tmp_path, content), spec) == text


def test_duplicate_of_an_ignored_column(tmp_path: Path, spec: FeatureSpec) -> None:
    assert len(rows(written(tmp_path, "x,user,tags,age,label,x\n1,u,a,1,0,2\n"), spec)) == 1


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ('u,a,1,0\nu,a,1,"0\nu,a,1,0\n', 2),  # would swallow the rest as its last field
        ('u,a,1,"0', 1),
        ('"u,a,1,0\nu,a,1,0\n', 1),  # would swallow fields as well, so the row were short
        ('"u\nv",a,1,0\n\n' + "u,a,1,0\n" * 2998 + '"u,a,1,0\n', 3000),
        ('u,a,1,0\n"u,a,1,0\n' + "u,a,1,0\n" * 50_000, 2),  # longer than Python's longest field
    ],
)
def test_open_quote(tmp_path: Path, spec: FeatureSpec, body: str, row: int) -> None:
    message = refused(written(tmp_path, HEADER + body), spec)
    assert message == f", row {row}: a quote is opened that no other closes, up to the file's end."


@pytest.mark.parametrize("body", ['5" tall,a,1,0\n', '"5"" tall",a,1,0\nu,a",1,0\n', b'\xff"x,a,1,0\n'])
def test_lone_quote_inside_a_field_is_no_fault(tmp_path: Path, spec: FeatureSpec, body: str | bytes) -> None:
    other = f"other,{HEADER}".encode()
    body = body if isinstance(body, bytes) else body.encode()
    # The strange text stands in a column that is ignored, beside a whole row.
    lines = [b",".join([line.split(b",")[0], b"u,a,1,0"]) for line in body.splitlines()]
    assert len(rows(written(tmp_path, other + b"\n".join(lines)), spec)) == len(lines)


def test_open_quote_in_an_ignored_column(tmp_path: Path, spec: FeatureSpec) -> None:
    """The rows that it swallows would be lost without a word."""
    path = written(tmp_path, 'user,tags,age,label,x\nu,a,1,0,"no\nu,a,1,0,x\nu,a,1,0,x\n')
    assert refused(path, spec) == ", row 1: a quote is opened that no other closes, up to the file's end."


def test_row_longer_than_a_block(tmp_path: Path, spec: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reader, faults):
        monkeypatch.setattr(module, "BLOCK_BYTES", 1 << 20)
    path = written(tmp_path, f"{HEADER}u,a,1,0\n" + "x" * (3 << 20) + ",a,1,0\n")
    assert refused(path, spec) == ", row 2: is longer than 1 MB. Is a quote left open?"


@pytest.mark.parametrize("cut", [-20, 5])
def test_broken_gzip(tmp_path: Path, spec: FeatureSpec, cut: int) -> None:
    packed = gzip.compress(HEADER.encode() + b"u,a,1,0\n" * 50_000)[:cut]
    message = refused(written(tmp_path, packed, "data.csv.gz"), spec)
    assert message == ": can't be read: Truncated compressed stream. Is the file whole?"


def test_not_gzip(tmp_path: Path, spec: FeatureSpec) -> None:
    message = refused(written(tmp_path, b"\x1f\x8b\x08" + HEADER.encode(), "data.csv.gz"), spec)
    assert message.startswith(": can't be read: zlib inflate failed: ")
    assert message.endswith(". Is the file whole?")


def test_absent_file(tmp_path: Path, spec: FeatureSpec) -> None:
    assert refused(tmp_path / "no.csv", spec).startswith(": can't be read: [Errno 2] Failed to open local file")
