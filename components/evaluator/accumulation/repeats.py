"""Rows that are equal byte for byte, counted, as long as there are few different ones.

A row's group is a hash of its content, so that the same rows have the same intervals in any order. Equal rows would all
be in one group: of a thousand rows with six different contents the jackknife would leave out a sixth at a time, or all
rows of one label. Where there are few contents, each one's rows are dealt out to the groups in turn instead, from its
own group on: which copy is dealt where makes no difference, and so neither does their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from widedeep.components.evaluator.accumulation.accumulator import GROUPS, Batch

# Of more, equal ones are few enough in each group.
MOST_CONTENTS = 2_000
# Rows that are dealt out at a time.
_WINDOW = 100_000


@dataclass
class Rows:
    """Some rows: a batch for each model, and a mask bool [n] for each slice that any of them is in."""

    batches: dict[str, Batch]
    slices: dict[str, np.ndarray]


@dataclass(frozen=True)
class _Content:
    """What is known of equal rows: all of them have the same values."""

    group: int
    label: float
    weight: float
    scores: Mapping[str, np.ndarray]
    slices: frozenset[str]


@dataclass
class Repeats:
    """Different rows by their content, with how often each was met."""

    contents: dict[bytes, _Content] = field(default_factory=dict)
    counts: dict[bytes, int] = field(default_factory=dict)

    @property
    def many(self) -> bool:
        """Whether there are more different rows than it is for."""
        return len(self.contents) > MOST_CONTENTS

    def add(self, serialized: np.ndarray, rows: Rows) -> None:
        """Adds rows, whose groups are those of their content; `serialized` is bytes [n]."""
        different, first, counts = np.unique(serialized, return_index=True, return_counts=True)
        for content, place, count in zip(different.tolist(), first.tolist(), counts.tolist(), strict=True):
            self.counts[content] = self.counts.get(content, 0) + count
            if content not in self.contents:
                batch = next(iter(rows.batches.values()))
                self.contents[content] = _Content(
                    group=int(batch.group[place]),
                    label=batch.label[place],
                    weight=batch.weight[place],
                    scores={model: each.score[place] for model, each in rows.batches.items()},
                    slices=frozenset(name for name, chosen in rows.slices.items() if chosen[place]),
                )

    def merge(self, other: Repeats) -> None:
        """Adds what another one has met."""
        for content, count in other.counts.items():
            self.counts[content] = self.counts.get(content, 0) + count
            self.contents.setdefault(content, other.contents[content])

    def rows(self, dealt: bool) -> Iterator[Rows]:
        """All rows that were added.

        Args:
            dealt: whether equal ones are dealt out to the groups, or stay in the one of their content.
        """
        contents = list(self.contents.values())
        ends = np.cumsum([self.counts[content] for content in self.contents], dtype=np.int64)
        for start in range(0, int(ends[-1]) if contents else 0, _WINDOW):
            place = np.arange(start, min(start + _WINDOW, int(ends[-1])))
            number = np.searchsorted(ends, place, side="right")
            copy = place - np.concatenate([[0], ends])[number]
            group = np.array([content.group for content in contents])[number]
            yield Rows(
                {
                    model: Batch(
                        np.array([content.label for content in contents])[number],
                        np.array([content.scores[model] for content in contents])[number],
                        np.array([content.weight for content in contents])[number],
                        (group + copy) % GROUPS if dealt else group,
                    )
                    for model in contents[0].scores
                },
                {
                    name: np.array([name in content.slices for content in contents])[number]
                    for name in frozenset().union(*(content.slices for content in contents))
                },
            )
