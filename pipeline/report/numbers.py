"""Numbers and metrics as the report writes them. None stands for what is missing, infinite or not a number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from widedeep.components.common.metrics import family, higher_is_better

MISSING = "n/a"
_NAMES = {
    "auc": "AUC",
    "auc_pr": "PR-AUC",
    "rmse": "RMSE",
    "mae": "MAE",
    "logloss": "Log loss",
    "accuracy": "Accuracy",
    "calibration": "Calibration",
    "gauc": "GAUC",
    "ndcg": "NDCG",
    "recall": "Recall",
    "mrr": "MRR",
    "hit": "Hit rate",
}
# What neither more nor less is better of has a best value instead.
_BEST = {"calibration": 1.0}
# From here on digits after the point say nothing, and the column would burst.
_LARGE = 1e6


def number(value: object) -> float | None:
    """The value, where it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # An integer may be too large for a float; then it is no measurement either.
    return float(value) if abs(value) < 1e100 and math.isfinite(value) else None


def fixed(value: float | None, digits: int = 4) -> str:
    """With so many digits after the point: 0.9514, or n/a."""
    if value is None:
        return MISSING
    text = f"{value:.{digits}f}" if abs(value) < _LARGE else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def compact(value: float) -> str:
    """With the digits that say something, and years as they are: 0.0312, 11.75, 1998, 12,000, 1e+20."""
    text = f"{value:,.0f}" if 9999.5 <= abs(value) < 1e15 else f"{value:.4g}"
    return text.replace("-", "\N{MINUS SIGN}")


def pair(raw: object) -> tuple[float, float] | None:
    """Two numbers, where both are finite: a point, or the ends of an interval."""
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        return None
    low, high = number(raw[0]), number(raw[1])
    return None if low is None or high is None else (low, high)


def items(raw: object) -> list[Any]:
    """What a list holds; nothing where it is none."""
    return list(raw) if isinstance(raw, list | tuple) else []


def between(interval: tuple[float, float] | None, digits: int = 4, sign: bool = False) -> str:
    """An interval as 0.7880 to 0.8030, "" where there is none; of a change with its signs."""
    if interval is None:
        return ""
    return " to ".join(("+" if sign and end > 0 else "") + fixed(end, digits) for end in interval)


def share(value: float | None) -> str:
    """In whole per cents; 0 and 100 only where it is none or all."""
    if value is None:
        return MISSING
    if 0 < value < 0.01:
        return "< 1 %"
    if 0.99 < value < 1:
        return "> 99 %"
    return f"{value:.0%}".replace("%", " %")


def count(value: float | None) -> str:
    """A number of rows: 1,475, or n/a."""
    return MISSING if value is None else f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.3g}"


def duration(seconds: float | None) -> str:
    """Time as people say it: < 0.1 s, 17.8 s, 2 min 05 s, 1 h 02 min."""
    if seconds is None:
        return MISSING
    if seconds < 0.05:
        return "< 0.1 s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def metric_name(name: str) -> str:
    """A metric as people write it: Log loss, NDCG@10."""
    kind = family(name)
    return _NAMES.get(kind, kind) + name.removeprefix(kind)


def hint(name: str) -> str:
    """Which values of a metric are good: "lower is better"; "" where nothing is known."""
    if name in _BEST:
        return f"best at {_BEST[name]:g}"
    higher = higher_is_better(name)
    return "" if higher is None else f"{'higher' if higher else 'lower'} is better"


@dataclass(frozen=True)
class Change:
    """How a metric differs from the baseline's: "+0.0036", "better"; the word is "" where neither is known."""

    text: str
    word: str


def change(
    name: str,
    candidate: float | None,
    baseline: float | None,
    digits: int = 4,
    interval: tuple[float, float] | None = None,
) -> Change | None:
    """Compares a metric with the baseline's; None where one of them is missing.

    What does not show in the digits is no change, and one whose interval holds 0 may be noise.
    """
    if candidate is None or baseline is None:
        return None
    difference = candidate - baseline
    gain = _gain(name, candidate, baseline)
    text = fixed(difference, digits)
    if float(f"{difference:.{digits}f}") == 0:
        return Change(fixed(0.0, digits), "same")
    if difference > 0:
        text = f"+{text}"
    if interval is not None and interval[0] <= 0 <= interval[1]:
        return Change(text, "noise?")
    if gain is None:
        return Change(text, "")
    if float(f"{gain:.{digits}f}") == 0:
        return Change(text, "same")
    return Change(text, "better" if gain > 0 else "worse")


def _gain(name: str, candidate: float, baseline: float) -> float | None:
    """By how much the candidate is better; None for a metric without better and worse."""
    if name in _BEST:
        return abs(baseline - _BEST[name]) - abs(candidate - _BEST[name])
    higher = higher_is_better(name)
    return None if higher is None else candidate - baseline if higher else baseline - candidate
