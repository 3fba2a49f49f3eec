"""What two splits share, by their samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from widedeep.components.content.content_record import RowSample, ValueSample
from widedeep.components.content.hash_sample import ALL, hashes_of


@dataclass(frozen=True)
class Share:
    """A part of a whole.

    Attributes:
        count: of the part; an estimate where the samples are not complete.
        of: the whole.
        exact: whether it was counted.
    """

    count: float
    of: int
    exact: bool

    @property
    def value(self) -> float:
        """Between 0 and 1."""
        return min(1.0, self.count / self.of) if self.of else 0.0

    def __str__(self) -> str:
        return f"{'' if self.exact else 'about '}{self.count:,.0f} of {self.of:,}"


def equal_rows(split: RowSample, rows: int, other: RowSample) -> Share:
    """How many rows of a split, of `rows` in all, are in another one as well."""
    limit = min(split.limit, other.limit)
    in_other = set(other.hashes)
    pairs = zip(split.hashes, split.counts, strict=True)
    return _estimate(sum(count for hashed, count in pairs if hashed < limit and hashed in in_other), rows, limit)


def repeated_rows(split: RowSample, rows: int) -> Share:
    """How many rows of a split, of `rows` in all, have an equal one in it.

    What is drawn at random from where these came from meets an equal one among them as often.
    """
    return _estimate(sum(count for count in split.counts if count > 1), rows, split.limit)


def estimated_values(split: ValueSample) -> float:
    """How many different values a split has."""
    return len(split.counts) * ALL / split.limit


def shared_values(split: ValueSample, other: ValueSample) -> Share:
    """How many different values of a split are in another one as well."""
    limit = min(split.limit, other.limit)
    values = _below(split, limit)
    both = _estimate(sum(value in other.counts for value in values), len(values), limit)
    return Share(both.count, round(len(values) * ALL / limit), both.exact)


def unknown_values(split: ValueSample, other: ValueSample) -> tuple[Share, list[str]]:
    """How many of a split's values, each as often as it occurs, another one never has; and which, the commonest first.

    Args:
        split: the one.
        other: the other one.
    """
    limit = min(split.limit, other.limit)
    unknown = {value: split.counts[value] for value in _below(split, limit) if value not in other.counts}
    commonest = sorted(unknown, key=lambda value: (-unknown[value], value))
    return _estimate(sum(unknown.values()), split.values, limit), commonest


def together(samples: Sequence[ValueSample]) -> ValueSample:
    """The values of several splits, at least one, as those of one."""
    limit = min(sample.limit for sample in samples)
    counts: Counter[str] = Counter()
    for sample in samples:
        counts.update({value: sample.counts[value] for value in _below(sample, limit)})
    return ValueSample(
        rows=sum(sample.rows for sample in samples),
        values=sum(sample.values for sample in samples),
        limit=limit,
        counts=dict(counts),
    )


def out_of_vocabulary(split: ValueSample, vocabulary: frozenset[str]) -> Share:
    """How many of a split's values, each as often as it occurs, are not in a vocabulary."""
    outside = sum(count for value, count in split.counts.items() if value not in vocabulary)
    return _estimate(outside, split.values, split.limit)


def _below(sample: ValueSample, limit: int) -> list[str]:
    """The values whose hash is below a limit."""
    if limit >= sample.limit:
        return list(sample.counts)
    hashes = hashes_of([value.encode() for value in sample.counts])
    return [value for value, hashed in zip(sample.counts, hashes.tolist(), strict=True) if hashed < limit]


def _estimate(count: int, of: int, limit: int) -> Share:
    """Of what a sample of hashes below a limit has: each thing is in it with the same probability."""
    return Share(count * ALL / limit, of, exact=limit == ALL)
