"""How the rows are split: as the files say, by time, by person, or by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from widedeep.pipeline.drafting.reading.columns import Floats
from widedeep.pipeline.drafting.rules.names import says_id, says_person, words
from widedeep.pipeline.drafting.rules.profile import ColumnProfile

_TENTHS = {"train": 8, "eval": 1, "test": 1}
# Of the rows, that a split by time has at least: many may share a moment.
_SMALLEST = 0.03


@dataclass(frozen=True)
class SplitRule:
    """How the rows are split.

    Attributes:
        by: files, time, person or row.
        settings: for `data` of pipeline.yaml.
        reason: why.
        column: that decides; None for files and rows.
    """

    by: Literal["files", "time", "person", "row"]
    settings: dict[str, Any]
    reason: str
    column: str | None = None


def by_files(splits: Mapping[str, str]) -> SplitRule:
    """As the names of the files or folders say; a lone eval part is for judging, too."""
    return SplitRule("files", {"splits": dict(splits)}, "the files' names say the splits")


def by_time(column: str, times: Floats, texts: list[str | None], start: str) -> SplitRule | None:
    """Train, eval and test follow each other: 80, 10 and 10 % of the rows; None where too many share a moment.

    Args:
        column: of the times.
        times: in any unit, of a sample.
        texts: the same as the column writes them.
        start: of train: no row is earlier.
    """
    present = np.flatnonzero(~np.isnan(times))
    if len(present) < 20:
        return None
    order = present[np.argsort(times[present], kind="stable")]
    first, second = (times[order[int(share * len(order))]] for share in (0.8, 0.9))
    shares = [np.mean(times[present] < first), np.mean((times[present] >= first) & (times[present] < second))]
    shares.append(1 - sum(shares))
    if min(shares) < _SMALLEST or shares[0] < 0.5:
        return None
    starts = {"train": start}
    for split, moment in (("eval", first), ("test", second)):
        text = texts[int(present[np.flatnonzero(times[present] == moment)[0]])]
        assert text is not None
        starts[split] = text
    reason = f"by time: the last {shares[1] + shares[2]:.0%} of the rows are eval and test"
    return SplitRule("time", {"split_by_time": {"column": column} | starts}, reason, column)


def by_person(column: str) -> SplitRule:
    """No person is in two splits."""
    return SplitRule("person", {"hash_split": _TENTHS, "hash_by": column}, f"no '{column}' is in two splits", column)


def by_row() -> SplitRule:
    """By the rows' content; equal rows stay together."""
    return SplitRule("row", {"hash_split": _TENTHS}, "no time and no person's id is known: by row")


def is_person(profile: ColumnProfile, largest_share: float) -> bool:
    """Whether a column is a person's id that rows share, none of whom has many of the rows."""
    named = says_person(profile.name) and (says_id(profile.name) or len(words(profile.name)) == 1)
    return named and profile.distinct >= 50 and profile.repeats >= 1.5 and largest_share <= 0.05
