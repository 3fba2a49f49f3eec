"""The features that the model was trained on: how they are spread, how far they drifted, what has no id of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widedeep.components.gate.gate_verdict import Distance
from widedeep.pipeline.record.feature_profile import FeatureProfile
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import compact, count, fixed, number, share

# More features nobody reads.
MOST_FEATURES = 60
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


@dataclass(frozen=True)
class VocabularyCell:
    """Shares of a feature's values in one split; '' where there is none."""

    outside: str
    unseen: str


@dataclass(frozen=True)
class VocabularyTable:
    """The splits, and for each feature its name and a cell a split."""

    splits: list[str]
    rows: list[tuple[str, list[VocabularyCell]]]


def feature_table(summary: Summary) -> list[FeatureRow]:
    """In the record's order, but those that moved too far first."""
    rows = [_feature(feature) for feature in summary.features]
    return sorted(rows, key=lambda row: not (row.moved and row.moved.beyond))


def _feature(feature: FeatureProfile) -> FeatureRow:
    mean, unique = number(feature.mean), number(feature.unique)
    values = f"mean {compact(mean)}" if mean is not None else f"{count(unique)} values" if unique is not None else ""
    return FeatureRow(
        name=_cut(feature.feature),
        kind=feature.kind,
        present=share(number(feature.present_share)),
        values=values,
        top=_range(feature)
        or ", ".join(f"{_cut(value)} ({share(part)})" for value, part in (feature.top or [])[:_TOP]),
        moved=_farthest(feature.distances),
    )


def vocabulary_table(summary: Summary) -> VocabularyTable:
    """The features of strings, in the record's order; hashed ones have no vocabulary."""
    features = [feature for feature in summary.features if feature.unseen is not None][:MOST_FEATURES]
    shares = [shares for feature in features for shares in (feature.out_of_vocabulary, feature.unseen) if shares]
    splits = list(dict.fromkeys(split for by_split in shares for split in by_split))
    rows = [
        (
            _cut(feature.feature),
            [
                VocabularyCell(
                    outside=_share((feature.out_of_vocabulary or {}).get(split)),
                    unseen=_share((feature.unseen or {}).get(split)),
                )
                for split in splits
            ],
        )
        for feature in features
    ]
    return VocabularyTable(splits, rows)


def _share(value: float | None) -> str:
    return "" if value is None else share(number(value))


def _range(feature: FeatureProfile) -> str:
    """0 to 80, median 12."""
    low, high, median = map(number, (feature.min, feature.max, feature.median))
    if low is None or high is None:
        return ""
    return f"{compact(low)} to {compact(high)}" + ("" if median is None else f", median {compact(median)}")


def _farthest(distances: Sequence[Distance]) -> Moved | None:
    """Of the distances the one that is nearest to its limit, or farthest beyond."""
    known = [(number(distance.value), number(distance.limit), distance) for distance in distances]
    places = [
        (value / (2 * limit), value, limit, moved) for value, limit, moved in known if value is not None and limit
    ]
    if not places:
        return None
    place, value, limit, distance = max(places, key=lambda place: place[0])
    what = f"{distance.kind} of {distance.split}"
    return Moved(what, fixed(value, 3), f"{limit:g}", f"{min(max(place, 0.0), 1.0):.2%}", value > limit)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
