"""Tables as programs and people write them: each is drafted so that a run reads it, or told with the remedy."""

from __future__ import annotations

import codecs
import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from widedeep.components.common.errors import DataError
from widedeep.pipeline.check.pipeline_check import check
from widedeep.pipeline.drafting.initialise import Drafting, Request, draft_of
from widedeep.pipeline.drafting.output.folder import write_draft

ROWS = 200
CHANCE = random.Random(3)
LABEL = [CHANCE.randrange(2) for _ in range(ROWS)]
# Half of them tell the label.
TOLD = [label if CHANCE.random() < 0.7 else 1 - label for label in LABEL]
MOMENTS = [datetime(2025, 1, 1, 5, 30, 7, tzinfo=UTC) + timedelta(hours=7 * row) for row in range(ROWS)]


def drafted(path: Path, label: str = "y") -> Drafting:
    """A draft of which a run reads the first rows."""
    out = path.parent / "draft"
    drafting = draft_of(Request(str(path), label), "mine", out, lambda *now: None)
    write_draft(out, drafting.texts)
    assert check(out / "pipeline.yaml", ()).wrong == []
    return drafting


def kinds(drafting: Drafting) -> dict[str, str]:
    return {name: column.choice.kind for name, column in drafting.draft.columns.items()}


def warning(drafting: Drafting, name: str) -> str:
    return drafting.draft.columns[name].choice.warning


def lines(columns: dict[str, list[Any]], sign: str = ",") -> str:
    rows = zip(*columns.values(), strict=True)
    return "\n".join([sign.join(columns), *(sign.join(map(str, row)) for row in rows)]) + "\n"


def values(*some: Any) -> list[Any]:
    return [CHANCE.choice(some) for _ in range(ROWS)]


def times(form: str) -> list[str]:
    return [moment.strftime(form) for moment in MOMENTS]


def test_a_table_of_arrow_types(tmp_path: Path) -> None:
    columns = {
        "dictionary": pa.array(values("x", "y", "z")).dictionary_encode(),
        "structure": pa.array([{"a": 1}] * ROWS),
        "structures": pa.array([[{"a": 1}]] * ROWS),
        "map": pa.array([[("k", 1)]] * ROWS, pa.map_(pa.string(), pa.int64())),
        "money": pa.array([Decimal(row * 7 % 1000) / 100 for row in range(ROWS)], pa.decimal128(10, 2)),
        "moment": pa.array(MOMENTS, pa.timestamp("ns", "UTC")),
        "day": pa.array([date(2026, 1, 1) + timedelta(row // 10) for row in range(ROWS)]),
        "clock": pa.array([time(row % 24) for row in range(ROWS)]),
        "lasted": pa.array([timedelta(seconds=row) for row in range(ROWS)]),
        "members": pa.array([CHANCE.sample(["a", "b", "c", "d"], row % 4) for row in range(ROWS)]),
        "place": pa.array([[0.5, row / 7] for row in range(ROWS)], pa.list_(pa.float32(), 2)),
        "user_id": pa.array([float(row // 2 % 20) for row in range(ROWS)]),
        "long": pa.array([2**63 + row % 9 for row in range(ROWS)], pa.uint64()),
        "bytes": pa.array([bytes([200 + row % 9]) for row in range(ROWS)]),
        "half": pa.array(np.arange(ROWS, dtype=np.float16) % 7),
        "gaps": pa.array([float("nan") if row % 3 else row / 3 for row in range(ROWS)]),
        "flag": pa.array([bool(told) for told in TOLD]),
        "y": pa.array([bool(label) for label in LABEL]),
    }
    pq.write_table(pa.table(columns), tmp_path / "types.parquet")
    drafting = drafted(tmp_path / "types.parquet")
    of_kind = {
        "category": ["dictionary", "long", "flag"],
        "number": ["money", "half"],
        "set": ["members"],
        # They split the rows, and tell nothing of later ones.
        "out": [
            "moment",
            "day",
            "structure",
            "structures",
            "map",
            "clock",
            "lasted",
            "place",
            "user_id",
            "bytes",
            "gaps",
        ],
    }
    assert kinds(drafting) == {name: kind for kind, names in of_kind.items() for name in names}
    structure = "of a type that no feature has: give the parts of a structure columns of their own"
    assert {warning(drafting, name) for name in ("structure", "structures", "map", "clock", "lasted")} == {structure}
    assert warning(drafting, "place") == "lists of fractions: give each place a column of its own"
    assert warning(drafting, "bytes") == "bytes that are no text in UTF-8"
    assert warning(drafting, "gaps") == "has NaN: write null, or nothing, where there is no value"
    assert warning(drafting, "user_id") == (
        "names in a column of fractions: make it whole numbers or text, as pandas' astype('Int64') does"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_json_lines_of_objects_within(tmp_path: Path, encoding: str) -> None:
    rows = [
        {
            "user": {"id": row % 40, "geo": {"country": CHANCE.choice(["DE", "FR"])}},
            "tags": CHANCE.sample(["a", "b", "c"], row % 3),
            "parts": [{"a": 1}],
            "place": [0.5, 1],
            "number": CHANCE.choice([1, 2.5, "3", None]),
            "told": bool(TOLD[row]),
            "y": LABEL[row],
        }
        for row in range(ROWS)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_bytes("\n".join(map(json.dumps, rows)).encode(encoding))
    drafting = drafted(path)
    assert {name: kind for name, kind in kinds(drafting).items() if name != "user.id"} == {
        "user.geo.country": "category",
        "tags": "set",
        "number": "number",
        "told": "category",
    }
    assert "left out, as they hold lists of other than texts and whole numbers: parts, place" in text_of(drafting)


def text_of(drafting: Drafting) -> str:
    console = Console(width=250, record=True, file=io.StringIO())
    console.print(drafting.summary)
    return console.export_text()


def test_few_rows_of_a_number_tell_what_they_tell(tmp_path: Path) -> None:
    """Each has a value of its own, and yet the greater ones have label 1."""
    label = [CHANCE.randrange(2) for _ in range(1000)]
    amounts = [low + CHANCE.random() if CHANCE.random() < 0.8 else 1 - low + CHANCE.random() for low in label]
    (tmp_path / "rows.csv").write_text(lines({"amount": amounts, "y": label}))
    # What is right in 80 % of the rows has an AUC of 0.8.
    assert drafted(tmp_path / "rows.csv").draft.columns["amount"].profile.alone == pytest.approx(0.8, abs=0.05)


DATES = [
    ("%Y-%m-%dT%H:%M:%S", "time"),
    ("%Y/%m/%d %H:%M:%S", "time"),
    ("%Y/%m/%d", "time"),
    ("%Y%m%dT%H%M%S", "time"),
    ("%m/%d/%Y", "out"),
    ("%m/%d/%Y %I:%M %p", "out"),
    ("%d.%m.%Y %H:%M", "out"),
    ("%d-%m-%y", "out"),
    ("%d %b %Y", "out"),
    ("%d/%b/%Y:%H:%M:%S +0000", "out"),
    ("%b %d, %Y", "out"),
    ("%a %d %b %Y", "out"),
]


@pytest.mark.parametrize(("form", "kind"), DATES)
def test_dates(tmp_path: Path, form: str, kind: str) -> None:
    (tmp_path / "rows.tsv").write_text(lines({"when": times(form), "x": TOLD, "y": LABEL}, "\t"))
    drafting = drafted(tmp_path / "rows.tsv")
    if kind == "time":
        assert drafting.draft.split.column == "when"
        assert drafting.draft.columns["when"].profile.time_format == "as ISO 8601"
    else:
        assert kinds(drafting)["when"] == "out"
        first = MOMENTS[0].strftime(form)
        assert warning(drafting, "when") == (
            f"dates as '{first}' are not read: write them as 2026-11-30, or 2026-11-30 18:30"
        )


def test_times_beside_texts_for_none(tmp_path: Path) -> None:
    some = [moment if row % 9 else "NA" for row, moment in enumerate(times("%Y-%m-%d %H:%M"))]
    seconds = [int(moment.timestamp()) if row % 7 else "null" for row, moment in enumerate(MOMENTS)]
    (tmp_path / "rows.csv").write_text(lines({"when": some, "ts": seconds, "x": TOLD, "y": LABEL}))
    drafting = drafted(tmp_path / "rows.csv")
    assert kinds(drafting) == {"when": "time", "ts": "time", "x": "category"}
    assert drafting.draft.null_values == ("NA", "null")
    # Neither is there in each row, as a split by time asks.
    assert drafting.draft.split.by == "row"
    assert drafting.draft.columns["when"].profile.missing == len(range(0, ROWS, 9))


@pytest.mark.parametrize("form", ["${:,.2f}", "{:.1f}%", "{:.2f} €", "EUR {:.2f}", "{:,.0f}", "({:.0f})", "£{:.0f}"])
def test_numbers_with_other_signs(tmp_path: Path, form: str) -> None:
    amounts = [form.format(1000 + 37.5 * row) for row in range(ROWS)]
    (tmp_path / "rows.tsv").write_text(lines({"price": amounts, "x": TOLD, "y": LABEL}, "\t"))
    drafting = drafted(tmp_path / "rows.tsv")
    assert kinds(drafting)["price"] == "out"
    assert warning(drafting, "price") == (
        f"numbers as '{amounts[0]}' are not read: write them as 1234.5, and they are one"
    )
    # A few such are names, as 5 %, 10 % and 20 % off.
    (tmp_path / "rows.tsv").write_text(lines({"off": values("5%", "10%", "20%"), "x": TOLD, "y": LABEL}, "\t"))
    assert kinds(drafted(tmp_path / "rows.tsv"))["off"] == "category"


def test_numbers_of_other_countries(tmp_path: Path) -> None:
    columns = {
        "preis": [f"{row / 8:.2f}".replace(".", ",") for row in range(ROWS)],
        "umsatz": [f"{1000 + 17.5 * row:,.2f}".translate(str.maketrans(",.", ".,")) for row in range(ROWS)],
        "ort": values("Köln", "1,5"),
        "gekauft": [["nein", "ja"][label] for label in LABEL],
    }
    (tmp_path / "rows.csv").write_text(lines(columns, ";"))
    drafting = drafted(tmp_path / "rows.csv", "gekauft")
    assert kinds(drafting) == {"preis": "number", "umsatz": "number", "ort": "category"}
    assert drafting.draft.columns["umsatz"].profile.number.high == 1000 + 17.5 * (ROWS - 1)
    written = drafting.texts["pipeline.yaml"]
    assert '  decimal: ","  # numbers are written as 12,5' in written
    assert "  thousands: .  # between the digits of numbers" in written
    # Three digits behind a comma may be either.
    columns = {"a": [f"{1 + row % 9},{500 + row}" for row in range(ROWS)], "x": TOLD, "y": LABEL}
    (tmp_path / "rows.csv").write_text(lines(columns, ";"))
    drafting = drafted(tmp_path / "rows.csv")
    assert warning(drafting, "a").startswith("numbers as '1,500' are not read")
    columns = {"a": [f'"{1000000 + 7919 * row % 1000:,}"' for row in range(ROWS)], "x": TOLD, "y": LABEL}
    (tmp_path / "rows.csv").write_text(lines(columns))
    drafting = drafted(tmp_path / "rows.csv")
    assert kinds(drafting)["a"] == "number"
    assert '  thousands: ","  # between the digits of numbers' in drafting.texts["pipeline.yaml"]


def test_numbers_that_are_names(tmp_path: Path) -> None:
    columns = {
        "item_id": values("12.0", "13.0", "14.0"),
        "serial": [10**25 + row % 9 for row in range(ROWS)],
        "key": [-(2**62) + row % 9 for row in range(ROWS)],
        "y": LABEL,
    }
    (tmp_path / "rows.csv").write_text(lines(columns))
    drafting = drafted(tmp_path / "rows.csv")
    assert kinds(drafting) == {"item_id": "category", "serial": "category", "key": "category"}
    assert warning(drafting, "item_id") == "its names are written as 12.0, and so must requests write them"
    assert drafting.draft.columns["serial"].choice.reason == "numbers of so many digits are names"


@pytest.mark.parametrize("label", ["ja", "oui", "sí", "True", "T"])
def test_labels_of_other_tongues(tmp_path: Path, label: str) -> None:
    no = {"ja": "nein", "oui": "non", "sí": "no", "True": "False", "T": "F"}[label]
    # The rarer one is 0.
    (tmp_path / "rows.csv").write_text(lines({"x": TOLD, "y": [no if row % 3 == 0 else label for row in range(ROWS)]}))
    assert drafted(tmp_path / "rows.csv").draft.rule.positive == (label,)


def texts() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    plain = lines({"größe": TOLD, "y": LABEL})
    yield "a mark of UTF-8", codecs.BOM_UTF8 + plain.encode(), {"größe": "category"}
    yield "UTF-16 and tabs, as Excel writes", plain.replace(",", "\t").encode("utf-16"), {"größe": "category"}
    yield "Latin-1", plain.encode("latin-1"), {"größe": "category"}
    yield "blanks between", lines({"x": TOLD, "y": LABEL}, " ").encode(), {"x": "category"}
    index = {"": [3 * row for row in range(ROWS)], "x": TOLD, "y": LABEL}
    yield "pandas' index", lines(index).encode(), {"x": "category"}
    inches = {"size": [CHANCE.choice(['27" TV', '5"', "none"]) for _ in LABEL], "x": TOLD, "y": LABEL}
    yield "quotes that are signs", lines(inches, "\t").encode(), {"size": "category", "x": "category"}
    spark = {"size": [CHANCE.choice([r'"27\" TV"', '"a, b"', "none"]) for _ in LABEL], "x": TOLD, "y": LABEL}
    yield "quotes as Spark escapes them", lines(spark).encode(), {"size": "category", "x": "category"}
    quoted = {"size": [CHANCE.choice(['"27"" TV"', '"a\nb"', "none"]) for _ in LABEL], "x": TOLD, "y": LABEL}
    yield "quotes that are doubled, and line breaks", lines(quoted).encode(), {"size": "category", "x": "category"}
    unnamed = {"": [7] * ROWS, "x": TOLD, " ": [""] * ROWS, "y": LABEL}
    yield "two columns without a name", lines(unnamed).encode(), {"x": "category"}


@pytest.mark.parametrize(("content", "expected"), [pytest.param(*each[1:], id=each[0]) for each in texts()])
def test_texts(tmp_path: Path, content: bytes, expected: dict[str, str]) -> None:
    (tmp_path / "rows.txt").write_bytes(content)
    assert kinds(drafted(tmp_path / "rows.txt")) == expected


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("sep=;\nx;y\n0;1\n1;0\n", "begins with the line 'sep=;', which Excel alone reads: remove what stands above"),
        ("# of a tool\nx,y\n0,1\n1,0\n", "begins with the line '# of a tool', a comment: remove what stands above the"),
        ('[{"x": 1, "y": 0}, {"x": 2, "y": 1}]', "is a JSON document, and an object a line is needed, whose keys are"),
        ('[\n{"x": 1, "y": 0},\n{"x": 2, "y": 1}]', "jq -c '.[]' makes them."),
        ('{\n "x": 1,\n "y": 0\n}', "jq -c . makes them."),
        ('{"x": 1, "y": 0}\n{"x": 1, "y"', ", line 2: is no JSON: "),
        ("x,y,x\n0,1,2\n1,0,2\n", "the column 'x' stands in the header more than once"),
    ],
)
def test_what_is_told(tmp_path: Path, content: str, text: str) -> None:
    path = tmp_path / "rows.txt"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        drafted(path)
    assert str(caught.value).startswith(str(path))
    assert text in str(caught.value)
