"""The features that the model was trained on: how they are spread, how far they drifted, which weigh most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import compact, count, fixed, items, number, share

# More features, or strong ones, nobody reads.
MOST_FEATURES, MOST_STRONG = 60, 20
_TOP = 3
# A value of the data may be a whole text.
_LONGEST = 40


@dataclass(frozen=True)
class Moved:
    """How far a feature moved, and `what` from: `place` of the distance on a bar that ends at twice the limit."""

    what: str
    distance: str
    limit: str
    place: str
    beyond: bool


@dataclass(frozen=True)
class FeatureRow:
    """One feature; `values` says how many or how large, and `top` which."""

    name: str
    kind: str
    present: str
    values: str
    top: str
    moved: Moved | None


def feature_table(summary: Summary) -> list[FeatureRow]:
    """In the record's order, but those that moved too far first."""
    rows = [_feature(one) for one in summary.features]
    return sorted(rows, key=lambda row: not (row.moved and row.moved.beyond))


def _feature(one: Mapping[str, Any]) -> FeatureRow:
    mean, unique = number(one.get("mean")), number(one.get("unique"))
    values = f"mean {compact(mean)}" if mean is not None else f"{count(unique)} values" if unique is not None else ""
    return FeatureRow(
        name=_cut(str(one.get("feature", "?"))),
        kind=str(one.get("kind", "")),
        present=share(number(one.get("present_share"))),
        values=values,
        top=_range(one) or ", ".join(_top(value) for value in items(one.get("top"))[:_TOP]),
        moved=_farthest(items(one.get("distances"))),
    )


def _range(one: Mapping[str, Any]) -> str:
    """0 to 80, median 12."""
    low, high, median = (number(one.get(key)) for key in ("min", "max", "median"))
    if low is None or high is None:
        return ""
    return f"{compact(low)} to {compact(high)}" + ("" if median is None else f", median {compact(median)}")


def _top(value: Any) -> str:
    """A value, or a value and its share of the rows."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return f"{_cut(str(value[0]))} ({share(number(value[1]))})"
    return _cut(str(value))


def _farthest(distances: list[Any]) -> Moved | None:
    """Of the distances (see components/gate/distances.py) the one that is nearest to its limit, or farthest beyond."""
    known = [(number(one.get("value")), number(one.get("limit")), one) for one in distances if isinstance(one, Mapping)]
    places = [(value / (2 * limit), value, limit, one) for value, limit, one in known if value is not None and limit]
    if not places:
        return None
    place, value, limit, one = max(places, key=lambda place: place[0])
    what = " of ".join(str(one[key]) for key in ("kind", "split") if key in one)
    return Moved(what, fixed(value, 3), f"{limit:g}", f"{min(max(place, 0.0), 1.0):.2%}", value > limit)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


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
    weighed = [(number(one.get("weight")) or 0.0, one) for one in summary.strongest]
    weighed.sort(key=lambda one: -abs(one[0]))
    largest = abs(weighed[0][0]) if weighed and weighed[0][0] else 1.0
    return [_strong(weight, one, largest) for weight, one in weighed[:MOST_STRONG]]


def _strong(weight: float, one: Mapping[str, Any], largest: float) -> StrongRow:
    width = 50 * abs(weight) / largest
    name = str(one.get("name", "?"))
    return StrongRow(
        name=name if len(name) <= 3 * _LONGEST else f"{name[: 3 * _LONGEST - 1]}…",
        weight=("+" if weight > 0 else "") + fixed(weight),
        start=f"{50 - width if weight < 0 else 50:.2f}%",
        width=f"{width:.2f}%",
        raises=weight > 0,
        told=_told(number(one.get("support")), number(one.get("label_rate"))),
    )


def _told(support: float | None, rate: float | None) -> str:
    """What a person makes of it: of 84 rows, 96 % have label 1."""
    if support is None or rate is None:
        return ""
    # A number's label has a mean, and not a rate.
    what = f"{share(rate)} have label 1" if 0 <= rate <= 1 else f"the mean label is {fixed(rate, 2)}"
    return f"of {count(support)} row{'' if support == 1 else 's'}, {what}"
