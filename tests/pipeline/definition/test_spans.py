"""Spans: how they are written, what they mean, and what is said where they are not there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import parse
from widedeep.components.common.yaml_text import from_yaml
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.definition.spans.span_files import check_spans

SPAN, DAY = "day-{SPAN}", "{YYYY}-{MM}-{DD}"


def data(span: str = "latest", pattern: str = SPAN, path: Path | str = "rows", **others: Any) -> DataOptions:
    splits = {"train": f"{pattern}/train/*", "eval": f"{pattern}/eval/*"}
    options = {"path": str(path), "format": "csv", "splits": splits, "span": from_yaml(span), **others}
    return parse(DataOptions, options, "p.yaml")


def refused(*arguments: Any, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        data(*arguments, **options)
    return str(caught.value)


def number(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("span", "pattern", "numbers"),
    [
        ("latest", SPAN, ()),
        ("010", SPAN, (10,)),
        ("'010'", "day-{SPAN:3}", (10,)),
        ("0x1F", SPAN, (31,)),
        ("3-5", SPAN, (3, 4, 5)),
        ("003-004", "day-{SPAN:3}", (3, 4)),
        ("20240130-20240202", SPAN, (20240130, 20240131, 20240201, 20240202)),
        ("20240228-20240301", "d{SPAN:8}", (20240228, 20240229, 20240301)),
        ("20240131", SPAN, (20240131,)),
        ("2024-02-01", DAY, (number(2024, 2, 1),)),
        ("20240201", DAY, (number(2024, 2, 1),)),
        ("19754", DAY, (19754,)),
        ("2024-02-28-2024-03-01", DAY, tuple(number(2024, *day) for day in ((2, 28), (2, 29), (3, 1)))),
        ("20231230-20240101", "{DD}.{MM}.{YYYY}", tuple(number(2024, 1, 1) - back for back in (2, 1, 0))),
    ],
)
def test_what_a_span_means(span: str, pattern: str, numbers: tuple[int, ...]) -> None:
    options = data(span, pattern)
    assert options.span_numbers == numbers
    assert options.spans == (numbers if len(numbers) > 1 else None)


@given(st.dates(date(1970, 1, 2), date(2200, 1, 1)), st.integers(0, 40))
def test_a_range_of_days_has_the_days_of_the_calendar(first: date, more: int) -> None:
    days = [first + timedelta(each) for each in range(more + 1)]
    dated = data(f"{days[0]}-{days[-1]}", DAY).span_numbers
    assert dated == tuple((day - date(1970, 1, 1)).days for day in days)
    assert data(f"{days[0]:%Y%m%d}-{days[-1]:%Y%m%d}", SPAN).span_numbers == tuple(
        int(day.strftime("%Y%m%d")) for day in days
    )


WAYS = "write latest, a number (5), a day (2024-02-01), or a range (3-7, 2024-01-30-2024-02-02)"


@pytest.mark.parametrize(
    ("span", "pattern", "text"),
    [
        *(
            (span, SPAN, f"span: no span is written so: {WAYS}")
            for span in ("newest", "1:30", "1_000", "-3", "5.0", "yes", "true", "2024-2-1", "3-", "[1]", "")
        ),
        ("5-3", SPAN, "span 5-3 ends before it begins"),
        ("2024-02-02-2024-02-01", DAY, "span 2024-02-02-2024-02-01 ends before it begins"),
        ("2024-02-30", DAY, "span is 2024-02-30, and 2024-02-30 is no day of the calendar"),
        ("20240230", DAY, "span is 20240230, and 20240230 is no day of the calendar"),
        (
            "2024-02-01",
            SPAN,
            "span is 2024-02-01, but the patterns have numbers: write {YYYY}, {MM} and {DD} in them",
        ),
        ("100", "day-{SPAN:2}", "span is 100, for which {SPAN:2} in 'day-{SPAN:2}/train/*' has too few digits"),
        ("1-20000", SPAN, "span 1-20000 is 20,000 spans, more than 10,000"),
        ("latest", "{span}", "the pattern '{span}/train/*' has {span}: write {SPAN}, {SPAN:2}, {VERSION}, or {YYYY}"),
        ("latest", "{SPAN}-{SPAN}", "the pattern '{SPAN}-{SPAN}/train/*' has {SPAN} 2 times: once is enough"),
        ("latest", "{SPAN:x}", "has {SPAN:x}: behind the colon stands the number of digits"),
        ("latest", "{SPAN:0}", "has {SPAN:0}: behind the colon stands the number of digits"),
        ("latest", "{YYYY}-{MM}", "needs {YYYY}, {MM} and {DD} once each, without {SPAN}"),
        ("latest", "{YYYY}-{MM}-{DD}-{SPAN}", "needs {YYYY}, {MM} and {DD} once each, without {SPAN}"),
    ],
)
def test_what_is_no_span(span: str, pattern: str, text: str) -> None:
    message = refused(span, pattern)
    assert text in message
    assert "\n" not in message


def test_two_ways_of_naming_spans() -> None:
    splits = {"train": f"{SPAN}/train/*", "eval": f"{DAY}/eval/*"}
    assert refused(splits=splits).endswith(
        "the pattern '{YYYY}-{MM}-{DD}/eval/*' and 'day-{SPAN}/train/*' name spans in two ways"
    )


def there(folder: Path, *days: str, splits: tuple[str, ...] = ("train", "eval")) -> Path:
    for day in days:
        for split in splits:
            (folder / day / split).mkdir(parents=True)
            (folder / day / split / "a.csv").write_text("x\n1\n")
    return folder


def missing(options: DataOptions) -> str:
    with pytest.raises(ConfigError) as caught:
        check_spans(options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_spans_that_are_there(tmp_path: Path) -> None:
    folder = there(tmp_path / "[v2]*?", "day-1", "day-2", "2024-01-31", "2024-02-01")
    for span in ("latest", "1", "1-2"):
        check_spans(data(span, path=folder))
    for span in ("latest", "2024-02-01", "2024-01-31-2024-02-01", "20240131-20240201"):
        check_spans(data(span, DAY, path=folder))


def test_a_missing_span_names_itself_the_pattern_and_what_is_there(tmp_path: Path) -> None:
    folder = there(tmp_path, "day-1", "day-3", "2024-01-31")
    assert missing(data("1-3", path=folder)) == (
        f"data.span: there is no span 2 of 'day-{{SPAN}}/train/*' in {folder}: there are 1, 3."
    )
    assert missing(data("2024-02-01", DAY, path=folder)) == (
        f"data.span: there is no span 2024-02-01 of '{DAY}/train/*' in {folder}: there are 2024-01-31."
    )


def test_of_many_spans_the_last_are_named(tmp_path: Path) -> None:
    folder = there(tmp_path, *(f"day-{number}" for number in range(12)))
    assert missing(data("99", path=folder)).endswith(": there are 2 more and 2, 3, 4, 5, 6, 7, 8, 9, 10, 11.")


def test_numbers_with_zeros_before_them(tmp_path: Path) -> None:
    folder = there(tmp_path, "day-04", "day-05")
    assert missing(data("5", path=folder)).endswith(
        ": there are 4, 5; 'day-05' is: write {SPAN:2} for numbers with zeros before them."
    )
    check_spans(data("5", "day-{SPAN:2}", path=folder))


def test_a_split_that_has_not_the_latest_span(tmp_path: Path) -> None:
    folder = there(there(tmp_path, "day-1"), "day-2", splits=("train",))
    assert missing(data(path=folder)).startswith(
        f"{folder}: the latest span must be the same for each split: of 'day-{{SPAN}}/train/*' it is 2, "
        "of 'day-{SPAN}/eval/*' it is 1."
    )
    assert "there is no span 2 of 'day-{SPAN}/eval/*'" in missing(data("2", path=folder))


def test_a_latest_span_that_can_not_be_told(tmp_path: Path) -> None:
    twice = there(tmp_path / "twice", "day-5", "day-05")
    assert missing(data(path=twice)).startswith(
        f"{twice}: 'day-05' and 'day-5' of 'day-{{SPAN}}/train/*' are the same span, 5: "
    )
    check_spans(data("5", path=twice))
    none = there(tmp_path / "none", "day-1", "day-old")
    assert missing(data(path=none)).startswith(
        f"{none}/day-old/train/a.csv: fits 'day-{{SPAN}}/train/*' but for the span, where no number stands: "
    )
    check_spans(data("1", path=none))
