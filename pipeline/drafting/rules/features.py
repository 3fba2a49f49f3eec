"""How a column becomes a feature: its transform, its parts in the model, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from widedeep.pipeline.drafting.rules.kinds import Choice
from widedeep.pipeline.drafting.rules.profile import ColumnProfile

# A vocabulary of more is no longer a list that a person, or a server's memory, should hold.
LARGEST_VOCABULARY = 1_000_000
_NARROWEST, _WIDEST = 4, 32
_PEAK = 0.5


@dataclass(frozen=True)
class Drafted:
    """A feature and why it is so.

    Attributes:
        feature: as features.yaml declares it.
        why: in a few words.
        treatment: its transform, for the table.
    """

    feature: dict[str, Any]
    why: str
    treatment: str = field(default="")


def embedding_width(values: int) -> int:
    """The power of two from 4 to 32 that is nearest above 2 · values^(1/4).

    The fourth root is the rule of thumb of TensorFlow's feature columns; 32 is what Cheng et al. 2016 take for apps of
    a store.
    """
    width = _NARROWEST
    while width < _WIDEST and width < 2 * max(1, values) ** 0.25:
        width *= 2
    return width


def quantiles(rows: int) -> int:
    """How many a number is cut into: more where there are rows enough for each."""
    return 10 if rows < 20_000 else 20 if rows < 1_000_000 else 50


def min_count(profile: ColumnProfile, rows: int) -> int:
    """How often a value must be seen to get an id of its own: never mind where values come again and again."""
    values, repeats = profile.distinct, profile.repeats
    if profile.members is not None:
        values = profile.members.members
        repeats = profile.present * profile.members.mean / max(1, values)
    if values <= 100 or repeats >= 50:
        return 1
    return 2 if rows < 50_000 else 3 if rows < 500_000 else 5 if rows < 5_000_000 else 10


def draft_feature(
    key: str, profile: ColumnProfile, choice: Choice, side: str, rows: int, of: str | None = None
) -> Drafted:
    """A column's feature.

    Args:
        key: its name.
        profile: what was seen of the column.
        choice: what it is.
        side: context or candidate.
        rows: of the train split, about.
        of: the feature whose vocabulary a set shares.
    """
    kind = {"number": "numeric", "category": "categorical"}.get(choice.kind, choice.kind)
    head: dict[str, Any] = {"key": key}
    if key != profile.name:
        head["column"] = profile.name
    head |= {"kind": kind, "side": side}
    missing = f"; {percent(profile.missing / profile.rows)} missing" if profile.missing else ""
    if choice.kind == "number":
        if profile.number and profile.number.bits == 64:
            head["bits"] = 64
        rest, treatment = _number(profile, rows)
        return Drafted(head | rest, choice.reason + missing, treatment)
    if choice.kind == "time":
        parts = list(profile.time_parts)
        unit = {"unit": profile.time_unit} if profile.time_unit else {}
        roles = {"parts": parts, "wide": True, "deep": {"embedding": embedding_width(24)}}
        zone = {"zone": profile.time_zone} if profile.time_zone else {}
        return Drafted(head | unit | zone | roles, choice.reason + missing, ", ".join(parts))
    rest, treatment, why = _strings(profile, rows, of)
    if choice.kind == "set" and profile.members and profile.members.separator not in (None, "|"):
        rest = {"separator": profile.members.separator} | rest
    return Drafted(head | rest, f"{choice.reason}; {why}{missing}", treatment)


def _number(profile: ColumnProfile, rows: int) -> tuple[dict[str, Any], str]:
    number = profile.number
    assert number is not None
    if number.peak_share >= _PEAK and number.boundaries:
        # Quantiles would nearly all fall together on the peak.
        boundaries = [_rounded(value) for value in number.boundaries]
        transform: dict[str, Any] = {"buckets": {"boundaries": boundaries}}
        width = embedding_width(len(boundaries) + 1)
        return {"transform": transform, "wide": True, "deep": {"embedding": width}}, f"{len(boundaries) + 1} buckets"
    cut = max(2, min(quantiles(rows), profile.distinct))
    transform = {"quantile_cdf": {"quantiles": cut}}
    return {"transform": transform, "wide": True, "deep": {"embedding": embedding_width(cut)}}, f"{cut} quantiles"


def _rounded(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")


def _strings(profile: ColumnProfile, rows: int, of: str | None) -> tuple[dict[str, Any], str, str]:
    values = profile.members.members if profile.members else profile.distinct
    deep = {"embedding": embedding_width(values)}
    if of is not None:
        return {"transform": {"vocabulary": {"of": of}}, "wide": True, "deep": deep}, f"ids of {of}", f"ids of '{of}'"
    least = min_count(profile, rows)
    kept = dict(profile.frequent).get(least, values)
    if kept > LARGEST_VOCABULARY:
        buckets = rounded_up(2 * kept)
        why = f"about {values:,} values, too many to list"
        return {"transform": {"hash": {"buckets": buckets}}, "wide": True, "deep": deep}, f"{buckets:,} buckets", why
    vocabulary = {"min_count": least} if least > 1 else {}
    why = f"{values:,} values" + (f", about {kept:,} of them {least} times or more" if least > 1 else "")
    treatment = "vocabulary" + (f", min_count {least}" if least > 1 else "")
    return {"transform": {"vocabulary": vocabulary}, "wide": True, "deep": deep}, treatment, why


def rounded_up(number: float) -> int:
    """To one digit, or one and a half: 1,000, 2,000, 5,000, 10,000."""
    scale = 10
    while True:
        for digit in (1, 2, 5):
            if digit * scale >= number:
                return digit * scale
        scale *= 10


def percent(share: float) -> str:
    """A share that is not 0, never as 0."""
    return f"{share:.1%}" if share >= 0.001 else "under 0.1%"
