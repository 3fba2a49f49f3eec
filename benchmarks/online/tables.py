"""What the kept figures of the trial say, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.harness import markdown
from benchmarks.harness.figures import Figure
from benchmarks.online.gains import PAPER

_NAMES = {
    "popularity": "popularity",
    "wide": "wide",
    "deep": "deep",
    "wide_deep": "joint",
    "true chance": "true chance",
}


def online(figures: Sequence[Figure]) -> list[str]:
    """A row a ranker, beside the paper's."""
    header = [
        "ranker",
        "offline AUC",
        "online gain, by the true chances",
        "as installed",
        "the paper's AUC",
        "its gain",
    ]
    rows = []
    for ranker, name in _NAMES.items():
        said = figures[0].details["rankers"][ranker]
        auc = _interval(said["auc"], ".4f", "")
        auc_of_paper, gain_of_paper = (
            (f"{PAPER[ranker][0]:.3f}", f"{PAPER[ranker][1]:.1%}") if ranker in PAPER else ("", "")
        )
        rows.append([name, auc, _gain(said["chance"]), _gain(said["installs"]), auc_of_paper, gain_of_paper])
    return [markdown.table(header, rows)]


def _gain(gain: Mapping[str, Any] | None) -> str:
    return "" if gain is None else _interval(gain, ".1%", "+")


def _interval(interval: Mapping[str, Any], form: str, sign: str) -> str:
    """A mean, and of several seeds how sure it is."""
    mean = format(interval["mean"], sign + form)
    return mean if interval["half"] is None else f"{mean} ± {interval['half']:{form}}"
