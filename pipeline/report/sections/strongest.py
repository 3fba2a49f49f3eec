"""The wide features that weigh most."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.pipeline.record.summary import StrongWeight, Summary
from widedeep.pipeline.report.numbers import count, fixed, number, share

# More weights nobody reads.
MOST_WEIGHTS = 20
# A name holds values of the data, which may be whole texts.
_LONGEST = 120


@dataclass(frozen=True)
class StrongRow:
    """One wide feature: its weight as a bar from the middle, in per cent, and its rows in words."""

    name: str
    weight: str
    start: str
    width: str
    raises: bool
    told: str


def strong_table(summary: Summary) -> list[StrongRow]:
    """The wide features with the largest weights, the strongest first."""
    weighed = [(number(feature.weight) or 0.0, feature) for feature in summary.strongest]
    weighed.sort(key=lambda item: -abs(item[0]))
    largest = abs(weighed[0][0]) if weighed and weighed[0][0] else 1.0
    return [_strong(weight, feature, largest) for weight, feature in weighed[:MOST_WEIGHTS]]


def counted_in(summary: Summary) -> str:
    """In which rows the rows of each feature were counted, as a sentence; nothing where that is not known."""
    if summary.strongest_rows is None:
        return ""
    if summary.all_rows_counted:
        return f"Rows are counted in all {count(summary.strongest_rows)} that the model was trained on."
    return (
        f"Rows are counted in the first {count(summary.strongest_rows)} that the model was trained on; "
        "widedeep explain counts them in all."
    )


def _strong(weight: float, strong: StrongWeight, largest: float) -> StrongRow:
    width = 50 * abs(weight) / largest
    name = strong.name
    return StrongRow(
        name=name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…",
        weight=("+" if weight > 0 else "") + fixed(weight),
        start=f"{50 - width if weight < 0 else 50:.2f}%",
        width=f"{width:.2f}%",
        raises=weight > 0,
        told=_told(number(strong.support), number(strong.label_rate)),
    )


def _told(support: float | None, rate: float | None) -> str:
    """What a person makes of it: of 84 rows, 96 % have label 1."""
    if support is None or rate is None:
        return ""
    # A number's label has a mean, and not a rate.
    what = f"{share(rate)} have label 1" if 0 <= rate <= 1 else f"the mean label is {fixed(rate, 2)}"
    return f"of {count(support)} row{'' if support == 1 else 's'}, {what}"
