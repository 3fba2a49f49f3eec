r"""CSV as programs write it: quotes, escapes, delimiters, and what is said of a file in another form."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.common.settings import parse
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.csv_files import reader
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect

HEADER = "user,tags,age,label\n"
NAMED = "set data.header: false, and name the columns in data.columns."
BACKSLASH = CsvDialect(escape="\\")


def written(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path: Path, spec: FeatureSpec, dialect: CsvDialect = PLAIN) -> list[dict[str, Any]]:
    return pa.Table.from_batches(raw_files.read(str(path), "csv", spec, dialect=dialect)).to_pylist()


def users(path: Path, spec: FeatureSpec, dialect: CsvDialect = PLAIN) -> list[str | None]:
    return [row["user"] and row["user"][0].decode() for row in rows(path, spec, dialect)]


def refused(path: Path, spec: FeatureSpec, dialect: CsvDialect = PLAIN) -> str:
    with pytest.raises(DataError) as caught:
        rows(path, spec, dialect)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


NEITHER = "a quote is neither doubled nor followed by the delimiter"


@pytest.mark.parametrize(
    ("row", "column", "text"),
    [
        (r'"27\" TV",a,1,0', "user", r"""'"27\\" TV",a,1,0'"""),
        ('u,"a"b,1,0', "tags", "'\"a\"b,1,0'"),
        ('u,a,"1" ,0', "age", "'\"1\" ,0'"),
        ('"u" "v",a,1,0', "user", '\'"u" "v",a,1,0\''),
        ('"a""b"c",a,1,0', "user", '\'"a""b"c",a,1,0\''),
        ('u,a,1,"0"0', "label", "'\"0\"0'"),
    ],
)
@pytest.mark.parametrize("before", [0, 3, 2000])
def test_a_quote_that_is_neither_doubled_nor_at_the_end(
    tmp_path: Path, spec: FeatureSpec, row: str, column: str, text: str, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BLOCK_BYTES", 4096)
    path = written(tmp_path, HEADER + '"u\nv","a","1",0\n\n' * before + row + "\nu,a,1,0\n")
    message = refused(path, spec)
    assert message.startswith(f", row {before + 1}, column '{column}': {NEITHER}: {text[:-1]}")
    assert message.endswith(
        r"""as Spark and MySQL do: set data.escape: "\\"."""
        if "\\" in row
        else """is doubled: "5"" tall". Where quotes are signs as any other: set data.quote: null."""
    )


def test_such_a_quote_in_a_column_that_is_not_needed_and_in_the_header(tmp_path: Path, spec: FeatureSpec) -> None:
    path = written(tmp_path, f'x,{HEADER}"a"b,u,a,1,0\n')
    assert refused(path, spec).startswith(f", row 1, column 'x': {NEITHER}: ")
    path = written(tmp_path, '"user"s,tags,age,label,user\nu,a,1,0,u\n')
    assert refused(path, spec).startswith(f", header, field 1: {NEITHER}: ")


@pytest.mark.parametrize("name", ["data.csv", "data.csv.gz"])
def test_what_spark_and_mysql_write(tmp_path: Path, spec: FeatureSpec, name: str) -> None:
    lines = [
        (r'"27\" TV",a,1,0', '27" TV'),
        (r'"C:\\dir, x",a,1,0', r"C:\dir, x"),
        (r'"ends in \\",a,1,0', "ends in \\"),
        (r'"\\\"",a,1,0', '\\"'),
        (r'"a\d",a,1,0', r"a\d"),
        (r"C:\dir,a,1,0", r"C:\dir"),
        (r"a\,b,a,1,0", "a,b"),
        (r"a\\b,a,1,0", r"a\b"),
        ("a\\\nb,a,1,0", "a\nb"),
        ('"a\nb",a,1,0', "a\nb"),
        ('"doubled ""too""",a,1,0', 'doubled "too"'),
        (r"\N,a,1,0", None),
        (r'"\N",a,1,0', r"\N"),
        (",a,1,0", None),
        ('5" tall,a,1,0', '5" tall'),
    ]
    content = f"\ufeff{HEADER}" + "\n".join(line for line, _ in lines)
    path = written(tmp_path, gzip.compress(content.encode()) if name.endswith("gz") else content, name)
    assert users(path, spec, BACKSLASH) == [value for _, value in lines]


@given(values=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)))
@example(values=["\\", '"', "\\\\", '\\"', "\r", "\n", ",", "\\N", "\\,", '","'])
def test_every_value_comes_back(values: list[str], tmp_path_factory: pytest.TempPathFactory, spec: FeatureSpec) -> None:
    """As Python's csv module writes them, quotes doubled or escaped, in blocks that end anywhere."""
    folder = tmp_path_factory.mktemp("dialects")
    for dialect, form in (
        (CsvDialect(), {}),
        (CsvDialect(delimiter=";"), {"delimiter": ";"}),
        (CsvDialect(quote="'"), {"quotechar": "'"}),
        (CsvDialect(encoding="utf-16"), {}),
        (BACKSLASH, {"escapechar": "\\", "doublequote": False, "quoting": csv.QUOTE_ALL}),
        (CsvDialect(escape="^", delimiter="\t"), {"escapechar": "^", "doublequote": False, "delimiter": "\t"}),
        (
            CsvDialect(escape="\\", quote="'", encoding="utf-16"),
            {"escapechar": "\\", "doublequote": False, "quotechar": "'"},
        ),
    ):
        text = io.StringIO(newline="")
        writer = csv.writer(text, **form)
        writer.writerow(["user", "tags", "age", "label"])
        writer.writerows([value, "a", 1, 0] for value in ["first", *values])
        path = written(folder, text.getvalue().encode(dialect.encoding))
        assert users(path, spec, dialect) == ["first", *values]


@pytest.mark.parametrize("block", [64, 100, 4096])
def test_rows_are_numbered_across_blocks(
    tmp_path: Path, spec: FeatureSpec, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BLOCK_BYTES", block)
    good = '"u\\"1",a,1,0\n\n' * 500
    assert users(written(tmp_path, HEADER + good), spec, BACKSLASH) == ['u"1'] * 500
    path = written(tmp_path, f"{HEADER}{good}u,a,x,0\n{good}")
    assert refused(path, spec, BACKSLASH) == ", row 501, column 'age': 'x' is not a number."
    path = written(tmp_path, f"{HEADER}{good}u,a,1\n{good}")
    assert refused(path, spec, BACKSLASH).startswith(", row 501: has 3 fields, and the header 4: 'u,a,1'")
    path = written(tmp_path, f'{HEADER}{good}"u\\",a,1,0\n')
    assert refused(path, spec, BACKSLASH) == ", row 501: a quote is opened that no other closes, up to the file's end."


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_other_delimiters(tmp_path: Path, spec: FeatureSpec, delimiter: str) -> None:
    content = f'user,tags,age,label\n"a{delimiter}b",x,7,1\n'.replace(",", delimiter)
    path = written(tmp_path, content)
    [row] = rows(path, spec, CsvDialect(delimiter=delimiter))
    assert row == {"user": [f"a{delimiter}b".encode()], "tags": [b"x"], "age": [7.0], "label": [1]}


def test_null_values(tmp_path: Path, spec: FeatureSpec) -> None:
    path = written(tmp_path, f"{HEADER}NA,NA,NA,0\nu,a|NA,1,1\n")
    assert rows(path, spec, CsvDialect(null_values=("NA",))) == [
        {"user": None, "tags": None, "age": None, "label": [0]},
        {"user": [b"u"], "tags": [b"a", b"NA"], "age": [1.0], "label": [1]},
    ]


@pytest.mark.parametrize("value", ["NA", "n/a", "NULL", "\\N", "nan", "NaN", "None", "null", "-", "?"])
def test_what_stands_for_no_number(tmp_path: Path, spec: FeatureSpec, value: str) -> None:
    message = refused(written(tmp_path, f"{HEADER}u,a,{value},0\n"), spec)
    assert message.startswith(f", row 1, column 'age': {value!r} is not a ")
    assert message.endswith(f"; if it stands for no value, name it: data: {{null_values: [{value!r}]}}.")
    assert len(rows(written(tmp_path, f"{HEADER}u,a,{value},0\n"), spec, CsvDialect(null_values=(value,)))) == 1


@pytest.mark.parametrize(
    ("content", "dialect", "text"),
    [
        ("user\ttags\tage\tlabel\nu\ta\t1\t0\n", {}, r'its columns stand between tabs: set data.delimiter: "\t".'),
        ("user;tags;age;label\nu;a;1,5;0\n", {}, 'its columns stand between semicolons: set data.delimiter: ";".'),
        ('"user"|"tags"|"age"|"label"\nu|a|1|0\n', {}, 'its columns stand between bars: set data.delimiter: "|".'),
        (f"{HEADER}u,a,1,0\n", {"delimiter": ";"}, 'its columns stand between commas: set data.delimiter: ",".'),
        (
            "u,a,1,0\nv,b,2,1\n",
            {},
            f"its first row has values, 'u, a, 1, 0': {NAMED}",
        ),
        (
            "196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
            {},
            "its first row has values, '196, 242, 3, 881250949', between tabs: set data.delimiter: \"\\t\", and "
            f"{NAMED}",
        ),
        (
            "196;242;3\n",
            {},
            f"its first row has values, '196, 242, 3', between semicolons: set data.delimiter: \";\", and {NAMED}",
        ),
    ],
)
def test_a_file_in_another_form(
    tmp_path: Path, spec: FeatureSpec, content: str, dialect: dict[str, str], text: str
) -> None:
    assert refused(written(tmp_path, content), spec, CsvDialect(**dialect)) == f": {text}"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"delimiter": ",,"}, "delimiter is ',,', and must be one sign of ASCII, no quote and no line break"),
        ({"delimiter": '"'}, "delimiter is '\"', and must be one sign of ASCII, no quote and no line break"),
        ({"escape": "é"}, "escape is 'é', and must be one sign of ASCII, no quote and no line break"),
        ({"escape": ";", "delimiter": ";"}, "escape and delimiter are both ';'"),
        ({"quote": ""}, "quote is '', and must be one sign of ASCII and no line break, or null"),
        ({"quote": "«"}, "quote is '«', and must be one sign of ASCII and no line break, or null"),
        ({"quote": ","}, "quote and delimiter are both ','"),
        (
            {"header": False},
            "header is false: name all columns, in the files' order: columns: [user, item, ...]",
        ),
        (
            {"columns": ["a"]},
            "columns name what files without a header hold: set header: false, or leave them out",
        ),
        ({"header": False, "columns": ["a", "b", "a"]}, "columns has 'a' twice"),
        (
            {"encoding": "utf-9"},
            "encoding: there is no such encoding: write utf-8, utf-16, latin-1, cp1252 or the like (it is 'utf-9')",
        ),
        (
            {"encoding": "hex"},
            "encoding: there is no such encoding: write utf-8, utf-16, latin-1, cp1252 or the like (it is 'hex')",
        ),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands are both ','"),
        ({"decimal": ";"}, "decimal: Input should be '.' or ',' (it is ';')"),
        ({"compression": "lzo"}, "compression: Input should be 'gzip', 'zstd' or 'bz2' (it is 'lzo')"),
    ],
)
def test_signs_that_can_not_be(options: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(CsvDialect, options, "p.yaml")
    assert str(caught.value) == f"p.yaml: {text}"


def test_a_tab_may_be_written_in_a_shell() -> None:
    assert parse(CsvDialect, {"delimiter": "\\t"}, "--set").delimiter == "\t"


COLUMNS = ("user", "tags", "age", "label")


@pytest.mark.parametrize("escape", [None, "\\"])
def test_without_a_header(tmp_path: Path, spec: FeatureSpec, escape: str | None) -> None:
    dialect = CsvDialect(header=False, columns=("label", "user", "x", "age", "tags"), escape=escape)
    path = written(tmp_path, '\ufeff1,"u,1",x,7.5,a|b\n\n0,u2,,,\n')
    assert rows(path, spec, dialect) == [
        {"user": [b"u,1"], "tags": [b"a", b"b"], "age": [7.5], "label": [1]},
        {"user": [b"u2"], "tags": None, "age": None, "label": [0]},
    ]
    path = written(tmp_path, "1,u,x,7.5,a\n0,u2,,,,\n")
    assert refused(path, spec, dialect) == (
        ", row 2: has 6 fields, and data.columns 5: '0,u2,,,,'; "
        "a field with a comma or a line break in it needs quotes."
    )
    path = written(tmp_path, "1,u,x,7.5,a\n0,u2,,old,\n")
    assert refused(path, spec, dialect) == ", row 2, column 'age': 'old' is not a number."
    assert refused(written(tmp_path, ""), spec, dialect) == ": the file is empty; rows are needed."


def test_faults_of_files_without_a_header(tmp_path: Path, spec: FeatureSpec) -> None:
    dialect = CsvDialect(header=False, columns=COLUMNS)
    path = written(tmp_path, 'u,a,1,0\n"u"v,a,1,0\n')
    assert refused(path, spec, dialect).startswith(f", row 2, column 'user': {NEITHER}: ")
    usr = CsvDialect(header=False, columns=("usr", "tags", "age", "label"))
    assert refused(written(tmp_path, "u,a,1,0\n"), spec, usr) == (
        ": there is no column 'user', which features.yaml declares: did you mean 'usr'?"
    )


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ({"decimal": ","}, {"12,5": 12.5, " -0,25 ": -0.25, ",5": 0.5, "7": 7.0, "1e3": 1000.0, "1.5": 1.5, "": None}),
        (
            {"decimal": ",", "thousands": "."},
            {"1.234,50": 1234.5, "-1.234.567": -1234567.0, "12,5": 12.5, "1.5": 1.5, "1234,5": 1234.5},
        ),
        ({"thousands": ","}, {"1,234.5": 1234.5, "1,234,567": 1234567.0, "12.5": 12.5}),
        ({"thousands": "'"}, {"1'234.5": 1234.5}),
        ({"decimal": ",", "thousands": " "}, {"1 234,5": 1234.5}),
    ],
)
def test_numbers_as_other_countries_write_them(
    tmp_path: Path, spec: FeatureSpec, form: dict[str, str], numbers: dict[str, float | None]
) -> None:
    dialect = CsvDialect(delimiter=";", **form)
    # A category is what stands there.
    content = "".join(f"{text};a;{text};1\n" for text in numbers)
    read = rows(written(tmp_path, f"user;tags;age;label\n{content}"), spec, dialect)
    assert [row["age"] for row in read] == [None if number is None else [number] for number in numbers.values()]
    assert [row["user"] for row in read] == [[text.encode()] if text else None for text in numbers]
    sign = form.get("thousands", ".")
    for text in (f"12{sign}34{form.get('decimal', '.')}5x", "1,2,3" if dialect.decimal == "," else "1,2.3"):
        fault = refused(written(tmp_path, f"user;tags;age;label\nu;a;{text};1\n"), spec, dialect)
        assert fault.startswith(f", row 1, column 'age': {text!r} is not a number") or f'"{text}"' in fault


@pytest.mark.parametrize("form", [{}, {"escape": "\\"}, {"encoding": "utf-16"}])
def test_names_may_stand_in_some_of_the_files(tmp_path: Path, spec: FeatureSpec, form: dict[str, str]) -> None:
    """As where one file was cut into several: the first row of the first alone is no row of values."""
    dialect = CsvDialect(header=False, columns=COLUMNS, **form)
    encoding = form.get("encoding", "utf-8")
    path = tmp_path / "rows.csv"
    for start in ("", "user,tags,age,label\n", '\n"user",tags,age,label\r\n'):
        path.write_bytes(f"{start}u,a,1,0\n\nv,b,2,1\n".encode(encoding))
        assert [row["user"] for row in rows(path, spec, dialect)] == [[b"u"], [b"v"]]
        path.write_bytes(f"{start}u,a,1,0\nv,b,old,1\n".encode(encoding))
        assert refused(path, spec, dialect) == ", row 2, column 'age': 'old' is not a number."
        path.write_bytes(f"{start}u,a,1,0\nv,b\n".encode(encoding))
        assert refused(path, spec, dialect).startswith(", row 2: has 2 fields, and data.columns 4: 'v,b'")
        path.write_bytes(f'{start}u,a,1,0\n"v"w,b,1,1\n'.encode(encoding))
        assert refused(path, spec, dialect).startswith(f", row 2, column 'user': {NEITHER}: ")


def test_quotes_that_are_signs_as_any_other(tmp_path: Path, spec: FeatureSpec) -> None:
    content = 'user,tags,age,label\n"u" v,"a,1,0\n"w",b|",,1\n5" tall,c,,1\n'
    assert rows(written(tmp_path, content), spec, CsvDialect(quote=None)) == [
        {"user": [b'"u" v'], "tags": [b'"a'], "age": [1.0], "label": [0]},
        {"user": [b'"w"'], "tags": [b"b", b'"'], "age": None, "label": [1]},
        {"user": [b'5" tall'], "tags": [b"c"], "age": None, "label": [1]},
    ]


def test_escapes_without_quotes(tmp_path: Path, spec: FeatureSpec) -> None:
    """As MySQL's SELECT ... INTO OUTFILE and Hive write."""
    lines = {
        r"a\tb": "a\\tb",
        "a\\\tb": "a\tb",
        "a\\\nb": "a\nb",
        r"a\\b": r"a\b",
        r"\N": None,
        '"a" b': '"a" b',
        '"': '"',
        '"\\\t"': '"\t"',
        r"\"": r"\"",
    }
    dialect = CsvDialect(quote=None, escape="\\", delimiter="\t", header=False, columns=COLUMNS)
    path = written(tmp_path, "".join(f"{text}\ta\t1\t0\n" for text in lines))
    assert users(path, spec, dialect) == list(lines.values())


def test_single_quotes(tmp_path: Path, spec: FeatureSpec) -> None:
    content = "user,tags,age,label\n'it''s, so','\"a\"',1,0\n\"b\",c,1,0\n"
    assert users(written(tmp_path, content), spec, CsvDialect(quote="'")) == ["it's, so", '"b"']
    assert refused(written(tmp_path, f"{HEADER}'a'b,a,1,0\n"), spec, CsvDialect(quote="'")).endswith(
        "A quote within quotes is doubled: '5'' tall'."
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "latin-1", "cp1252", "utf-8-sig", "shift_jis"])
@pytest.mark.parametrize("block", [7, 4096])
def test_encodings(
    tmp_path: Path, spec: FeatureSpec, encoding: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BLOCK_BYTES", max(block, 64))
    word = "日本" if encoding == "shift_jis" else "Größe"
    content = f'{HEADER}"{word}, {word}",a,1,0\n\nu,a,1,0\n' * 1
    path = written(tmp_path, content.encode(encoding))
    assert users(path, spec, CsvDialect(encoding=encoding)) == [f"{word}, {word}", "u"]


def test_text_in_another_encoding_than_named(tmp_path: Path, spec: FeatureSpec) -> None:
    path = written(tmp_path, HEADER.encode() + b"u,a,1,0\n" * 3 + b"v\x81w,a,1,0\n")
    assert refused(path, spec, CsvDialect(encoding="cp1252")) == (
        ", line 5: b'\\x81w,a,1,0' is not text in cp1252, which data.encoding names: set it as the file is."
    )
