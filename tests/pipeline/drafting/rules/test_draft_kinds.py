"""What a column is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from widedeep.pipeline.drafting.rules.kinds import kind_of
from widedeep.pipeline.drafting.rules.profile import ColumnProfile, NumberProfile, SetProfile

TEXT = ColumnProfile("shop", rows=1000, distinct=40)
NUMBER = replace(TEXT, name="spent", storage="text", number=NumberProfile(0, 90, mean=20, deviation=15, median=18))
ID = replace(TEXT, name="order_id", distinct=1000, number=NumberProfile(1000, 99_999))


@pytest.mark.parametrize(
    ("profile", "kind", "reason"),
    [
        (TEXT, "category", "text"),
        (NUMBER, "number", "0 to 90"),
        (replace(TEXT, members=SetProfile(12, 2.5)), "set", "a list: 2.5 of 12 members a row"),
        (replace(TEXT, members=SetProfile(12, 2.5, ";")), "set", "text that ';' separates: 2.5 of 12 members a row"),
        (replace(NUMBER, name="zip_code"), "category", "numbers that are names, as the column's name says"),
        (replace(NUMBER, number=replace(NUMBER.number, leading_zeros=True)), "category", "numbers with zeros before"),
        (replace(NUMBER, number=replace(NUMBER.number, as_name=0.03)), "category", "numbers that are names: as such"),
        # A float has no text that a request would write alike.
        (replace(NUMBER, storage="real", number=replace(NUMBER.number, as_name=0.03)), "number", "0 to 90"),
        # So few rows a value tell by chance.
        (replace(NUMBER, distinct=400, number=replace(NUMBER.number, as_name=0.03)), "number", "0 to 90"),
        (replace(TEXT, time_format="as ISO 8601", time_parts=("hour",)), "time", "times, as ISO 8601"),
        (replace(TEXT, time_format="as ISO 8601"), "out", "times, as ISO 8601, of one hour and weekday"),
        (replace(TEXT, distinct=1), "out", "constant: every row has the same value"),
        (replace(TEXT, missing=1000, distinct=0), "out", "no row has a value"),
        (replace(TEXT, missing=981), "out", "only 19 rows have a value"),
        (replace(TEXT, storage="other"), "out", "of a type that no feature has: give the parts of a structure"),
        (replace(TEXT, distinct=1000), "out", "nearly determines the row"),
        (ID, "out", "an id that nearly determines the row"),
        (replace(ID, name="row", number=NumberProfile(0, 999, rises=True)), "out", "numbers the rows"),
        (replace(TEXT, distinct=900, mean_words=12.0), "out", "free text: 12 words a value"),
        (replace(TEXT, distinct=1000, mean_words=12.0), "out", "free text: 12 words a value"),
        (replace(TEXT, distinct=900, mean_length=70.0), "out", "long texts: 70 characters a value"),
    ],
)
def test_kind_and_reason(profile: ColumnProfile, kind: str, reason: str):
    choice = kind_of(profile)
    assert choice.kind == kind
    assert choice.reason.startswith(reason)


def test_a_value_of_all_rows_that_may_be_missing_is_a_category():
    assert kind_of(replace(TEXT, distinct=1, missing=400)).kind == "category"


def test_a_measurement_may_differ_in_every_row():
    assert (
        kind_of(replace(ID, name="weight", storage="real", number=NumberProfile(0.1, 9.7, whole=False))).kind
        == "number"
    )


def test_a_leak_is_left_out_and_warned_of():
    choice = kind_of(replace(NUMBER, alone=0.995))
    assert choice.kind == "out"
    assert choice.warning == "alone it gives an AUC of 0.995: was it known before the label? If so, take it in"
    assert kind_of(replace(NUMBER, alone=0.99)).kind == "number"


def test_what_determines_the_rows_time_is_left_out_and_warned_of():
    choice = kind_of(replace(TEXT, of_time=0.999))
    assert (choice.kind, choice.warning.split(":")[0]) == ("out", "it nearly determines the row's time")
    assert kind_of(replace(TEXT, of_time=0.9)).kind == "category"


@pytest.mark.parametrize(
    ("name", "distinct", "kind"),
    [
        ("user", 957, "category"),
        ("Item", 4082, "category"),
        ("user", 12, "number"),
        ("items", 60, "number"),
        ("campaign", 60, "number"),
    ],
)
def test_whole_numbers_that_are_called_as_what_they_name(name: str, distinct: int, kind: str):
    """But not a few of them, which may count: how many users."""
    assert kind_of(replace(NUMBER, name=name, distinct=distinct)).kind == kind


def test_what_is_said_of_numbers():
    heavy = NumberProfile(0, 5000, mean=20, deviation=60, median=4)
    assert kind_of(replace(NUMBER, number=heavy)).reason == "0 to 5000, counts, heavy tail"
    peaked = NumberProfile(-1, 50, whole=False, deviation=20, median=-1, peak=-1, peak_share=0.62)
    assert kind_of(replace(NUMBER, number=peaked)).reason == "-1 to 50, 62% are -1"
