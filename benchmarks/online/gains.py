"""What the trials of several seeds say: gains against the wide model, with intervals."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from scipy import stats

from benchmarks.harness.figures import Figure

# Table 1 of the paper: offline AUC, and the gain of online acquisitions.
PAPER = {"wide": (0.726, 0.0), "deep": (0.722, 0.029), "wide_deep": (0.728, 0.039)}
_CONFIDENCE = 0.95
_UNIT = "of wide's installs"


def figures(trials: Sequence[Mapping[str, Any]], size: Mapping[str, Any]) -> list[Figure]:
    """The joint model's gains over the wide and the deep one; all else is in the details.

    Args:
        trials: a seed's AUC by model and rail, and what each has shown.
        size: what was simulated.
    """
    rankers = {name: _ranker(trials, name) for name in trials[0]["shown"]}
    details = {**size, "seeds": len(trials), "rankers": rankers}
    over_wide, deep = (rankers[name]["chance"]["mean"] for name in ("wide_deep", "deep"))
    of_wide, of_deep = PAPER["wide_deep"][1], PAPER["wide_deep"][1] - PAPER["deep"][1]
    return [
        Figure("online_joint_over_wide", over_wide, _UNIT, ">= 0", f"wide; the paper {of_wide:.1%}", details),
        Figure("online_joint_over_deep", over_wide - deep, _UNIT, ">= 0", f"deep; the paper {of_deep:.1%}", {}),
    ]


def _ranker(trials: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    # A rail shows nothing.
    is_model = name in PAPER
    return {
        "auc": interval([trial["auc"][name] for trial in trials]),
        "installs": interval([_gain(trial, name, "installs") for trial in trials]) if is_model else None,
        "chance": interval([_gain(trial, name, "chance") for trial in trials]),
        "rate": interval([_rate(trial, name, "chance") for trial in trials]),
    }


def interval(values: Sequence[float]) -> dict[str, Any]:
    """The mean, and half the width of Student's interval of 95 % about it; of one value None."""
    mean = statistics.fmean(values)
    if len(values) == 1:
        return {"mean": mean, "half": None}
    error = statistics.stdev(values) / len(values) ** 0.5
    return {"mean": mean, "half": float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(values) - 1)) * error}


def _rate(trial: Mapping[str, Any], name: str, of: str) -> float:
    shown = trial["shown"][name]
    return float(shown[of] / shown["impressions"])


def _gain(trial: Mapping[str, Any], name: str, of: str) -> float:
    """Installs per impression against the wide model's: those that were drawn, or the chances of what was shown."""
    return _rate(trial, name, of) / _rate(trial, "wide", of) - 1
