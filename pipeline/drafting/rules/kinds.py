"""What a column is: a number, a category, a set, a time; or nothing that a model should see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from widedeep.components.common.errors import shown
from widedeep.pipeline.drafting.rules.names import says_code, says_id, says_one
from widedeep.pipeline.drafting.rules.profile import ColumnProfile, NumberProfile

Kind = Literal["number", "category", "set", "time", "out"]

_NO_FEATURE = {
    "other": "of a type that no feature has: give the parts of a structure columns of their own",
    "fractions": "lists of fractions: give each place a column of its own",
    "bytes": "bytes that are no text in UTF-8",
    "nan": "has NaN: write null, or nothing, where there is no value",
}
# From these on.
_LEAK_AUC = 0.99
_OF_TIME = 0.995
_ONE_ROW = 0.95
# Different values that a count of few things hardly has.
_MANY = 50
_TEXT_WORDS, _TEXT_LENGTH = 5.0, 40.0
# What numbers must tell more as names than on a scale, of the log loss; and rows that each must have.
_AS_NAME, _NAMED_ROWS = 0.002, 10
# Rows that a split of a tenth would hardly have one of.
_FEWEST_ROWS = 20
# Standard deviations from the median to the greatest.
_TAIL = 10


@dataclass(frozen=True)
class Choice:
    """What is made of a column.

    Attributes:
        kind: which; 'out' is left out.
        reason: why, in a few words.
        warning: what a person must look at; '' where nothing.
    """

    kind: Kind
    reason: str
    warning: str = ""


def kind_of(profile: ColumnProfile, binary: bool = True) -> Choice:
    """What a column is.

    Args:
        profile: what was seen of it.
        binary: whether the label is 0 or 1; `alone` is an AUC then.
    """
    if profile.storage in _NO_FEATURE:
        return Choice("out", _NO_FEATURE[profile.storage], _NO_FEATURE[profile.storage])
    if not profile.present:
        return Choice("out", "no row has a value")
    if profile.present < _FEWEST_ROWS <= profile.missing:
        return Choice("out", f"only {profile.present} rows have a value")
    if profile.distinct <= 1 and not profile.missing:
        return Choice("out", "constant: every row has the same value")
    if profile.time_format is not None:
        if not profile.time_parts:
            return Choice("out", f"times, {profile.time_format}, of one hour and weekday")
        return Choice("time", f"times, {profile.time_format}")
    if profile.storage == "time":
        return Choice("out", "times of another type than a moment")
    choice = _foreign(profile) or _row_id(profile) or _leak(profile, binary) or _time_id(profile)
    return choice or _kind(profile)


def _foreign(profile: ColumnProfile) -> Choice | None:
    """What a person reads as a date or a number, and no reader does; few such values may well be names."""
    if profile.date is not None:
        return Choice(
            "out",
            f"dates as {shown(profile.date)}",
            f"dates as {shown(profile.date)} are not read: write them as 2026-11-30, or 2026-11-30 18:30",
        )
    if profile.amount is not None and profile.distinct > _MANY:
        return Choice(
            "out",
            f"numbers as {shown(profile.amount)}",
            f"numbers as {shown(profile.amount)} are not read: write them as 1234.5, and they are one",
        )
    return None


def _row_id(profile: ColumnProfile) -> Choice | None:
    """What tells the rows apart and says nothing of the next one."""
    if profile.present < 20 or profile.distinct < _ONE_ROW * profile.present or profile.storage == "list":
        return None
    number = profile.number
    if number is not None:
        counted = number.rises and number.whole and profile.distinct >= 0.999 * profile.present
        if not counted and not (number.whole and says_id(profile.name)):
            return None
        why = "numbers the rows" if counted else "an id that nearly determines the row"
        return Choice("out", why, "it nearly determines the row")
    if profile.mean_words >= _TEXT_WORDS or profile.mean_length >= _TEXT_LENGTH:
        return _free_text(profile)
    return Choice("out", f"nearly determines the row: {profile.distinct:,} values", "it nearly determines the row")


def _leak(profile: ColumnProfile, binary: bool) -> Choice | None:
    if profile.alone <= _LEAK_AUC:
        return None
    what = f"an AUC of {profile.alone:.3f}" if binary else f"{profile.alone:.1%} of the label"
    return Choice(
        "out",
        f"a leak? alone it gives {what}",
        f"alone it gives {what}: was it known before the label? If so, take it in",
    )


def _time_id(profile: ColumnProfile) -> Choice | None:
    """What says when a row was: its later values are never learned."""
    if profile.of_time <= _OF_TIME:
        return None
    return Choice(
        "out",
        f"nearly determines the row's time: {profile.of_time:.1%} of it",
        "it nearly determines the row's time: values to come are none that were learned",
    )


def _kind(profile: ColumnProfile) -> Choice:
    number = profile.number
    if profile.members is not None:
        separator = profile.members.separator
        how = "a list" if separator is None else f"text that {separator!r} separates"
        return Choice("set", f"{how}: {profile.members.mean:.1f} of {profile.members.members:,} members a row")
    if number is not None and profile.storage != "boolean":
        if number.leading_zeros:
            return Choice("category", "numbers with zeros before them are names")
        if number.long and profile.storage != "real":
            return Choice("category", "numbers of so many digits are names")
        if number.whole and (says_code(profile.name) or (says_one(profile.name) and profile.distinct >= _MANY)):
            return _named(profile, number)
        if number.whole and number.as_name > _AS_NAME and profile.repeats >= _NAMED_ROWS and profile.storage != "real":
            return Choice("category", f"numbers that are names: as such they tell {number.as_name:.1%} more")
        if number.whole and profile.distinct <= 2 and profile.storage != "real":
            return Choice("category", "two values")
        return Choice("number", _of_number(profile))
    if profile.distinct > 50 and (profile.mean_words >= _TEXT_WORDS or profile.mean_length >= _TEXT_LENGTH):
        return _free_text(profile)
    return Choice("category", "text")


def _named(profile: ColumnProfile, number: NumberProfile) -> Choice:
    if profile.storage == "real":
        fault = "names in a column of fractions: make it whole numbers or text, as pandas' astype('Int64') does"
        return Choice("out", fault, fault)
    warning = "its names are written as 12.0, and so must requests write them" if number.points else ""
    return Choice("category", "numbers that are names, as the column's name says", warning)


def _free_text(profile: ColumnProfile) -> Choice:
    if profile.mean_words >= _TEXT_WORDS:
        return Choice("out", f"free text: {profile.mean_words:.0f} words a value")
    return Choice("out", f"long texts: {profile.mean_length:.0f} characters a value")


def _of_number(profile: ColumnProfile) -> str:
    number = profile.number
    assert number is not None
    parts = [f"{number.low:g} to {number.high:g}"]
    if number.whole and number.low >= 0 and number.median <= 10 and number.high >= 20:
        parts.append("counts")
    if profile.distinct > _TAIL and number.high - number.median > _TAIL * number.deviation > 0:
        parts.append("heavy tail")
    if number.peak_share >= 0.5:
        share = f"{number.peak_share:.0%}" if number.peak_share < 0.995 else "nearly all"
        parts.append(f"{share} are {number.peak:g}")
    return ", ".join(parts)
