"""Which values of the label's column are 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from widedeep.components.common.errors import ConfigError, DataError, shown
from widedeep.components.common.settings import nearest
from widedeep.pipeline.drafting.reading.columns import Floats

# Pairs of words for yes and no; a value is compared without its case and the blanks around it.
_YES = {
    "yes": "no", "y": "n", "true": "false", "t": "f", "on": "off", "positive": "negative", "pos": "neg", "1": "0",
    "ja": "nein", "oui": "non", "si": "no", "sí": "no", "sim": "não",
    "click": "no click", "clicked": "not clicked", "like": "dislike", "buy": "no", "success": "failure",
}  # fmt: skip
# A rating has at most so many different values; what has more is a count.
_RATING_VALUES = 12
_FEWEST = 0.02


@dataclass(frozen=True)
class LabelRule:
    """How the label is read.

    Attributes:
        kind: binary, or regression.
        positive: the values that are 1, as the data has them; none where no text decides.
        above: what a number must exceed to be 1.
        reason: why.
    """

    kind: str
    reason: str
    positive: tuple[str, ...] = ()
    above: float | None = None

    def numbers(self, texts: list[str], values: Floats) -> Floats:
        """The label of rows, 0 or 1, or a number, by their texts and the numbers that these are."""
        if self.positive:
            return np.array([text in self.positive for text in texts], np.float64)
        return (values > self.above).astype(np.float64) if self.above is not None else values


def label_rule(
    name: str,
    counts: Mapping[str, int] | None,
    numeric: bool,
    whole: bool,
    missing: int,
    positive: tuple[str, ...] = (),
    least: tuple[float, float] = (0.0, 0.0),
) -> LabelRule:
    """The rule for a column.

    Args:
        name: the column's.
        counts: how often each value occurs; None where there are too many.
        numeric: whether all are numbers.
        whole: whether all of these are whole.
        missing: rows without a value.
        positive: the values that a person calls 1.
        least: of numbers the least one, and the share of the rows that have it.

    Raises:
        ConfigError: texts of which none can be told to mean yes, or a given one that does not occur.
        DataError: a row has no label, or all have the same.
    """
    if missing:
        raise DataError(
            f"the label '{name}' has no value in {missing:,} rows, and a label is needed in each: leave these rows out "
            "where the files are made."
        )
    if counts is not None and len(counts) < 2:
        value = shown(next(iter(counts), ""))
        raise DataError(
            f"the label '{name}' is {value} in every row: nothing can be learned. Is it the right column? Where all "
            "rows are positives, write features.yaml by hand, and have negatives drawn: `data.negatives`."
        )
    if positive:
        for value in positive:
            if value not in (counts or {}):
                raise ConfigError(f"--positive {value}: the label has no such value: {nearest(value, counts or {})}")
        return LabelRule("binary", f"1 is {_listed(positive)}, as you say; all else is 0", positive)
    if counts is not None and len(counts) == 2:
        return _of_two(counts)
    if not numeric:
        listed = ", ".join(shown(value) for value in sorted(counts or {}, key=lambda value: -(counts or {})[value])[:8])
        raise ConfigError(
            f"the label '{name}' has {'more than 1,000' if counts is None else len(counts)} texts"
            f"{': ' + listed if listed else ''}. Say which are 1: --positive VALUE, as often as there are such."
        )
    if whole and counts is None and least[0] >= 0 and least[1] >= _FEWEST:
        return LabelRule("binary", f"a count: more than {least[0]:g} is 1; {1 - least[1]:.1%} are", above=least[0])
    if not whole or counts is None:
        return LabelRule("regression", "a number that is no count: it is predicted as it is")
    return _of_numbers({float(value): count for value, count in counts.items()})


def _of_two(counts: Mapping[str, int]) -> LabelRule:
    plain = {value.strip().lower(): value for value in counts}
    if set(plain) == {"0", "1"} and set(counts) == {"0", "1"}:
        return LabelRule("binary", f"0 or 1; {_share(counts['1'], counts)} are 1")
    for yes, no in _YES.items():
        if set(plain) == {yes, no}:
            return LabelRule("binary", f"{shown(plain[yes])} is 1; {_share(counts[plain[yes]], counts)}", (plain[yes],))
    numbers = _numbers(counts)
    if numbers is not None:
        low, high = sorted(numbers)
        share = _share(counts[numbers[high]], counts)
        return LabelRule("binary", f"{low:g} or {high:g}: the greater one is 1; {share} are", above=low)
    rare = min(sorted(counts), key=lambda value: counts[value])
    return LabelRule("binary", f"the rarer one of two texts is 1; {_share(counts[rare], counts)} are", (rare,))


def _numbers(counts: Mapping[str, int]) -> dict[float, str] | None:
    try:
        return {float(value): value for value in counts}
    except ValueError:
        return None


def _of_numbers(counts: Mapping[float, int]) -> LabelRule:
    values, total = sorted(counts), sum(counts.values())
    if values[0] < 0:
        return LabelRule("regression", "a number that may be below 0: it is predicted as it is")
    if values[0] == 0 and (counts[0.0] >= _FEWEST * total or len(values) > _RATING_VALUES):
        share = 1 - counts[0.0] / total
        return LabelRule("binary", f"a count from 0 to {values[-1]:g}: more than none is 1; {share:.1%} are", above=0.0)
    shares = {value: sum(counts[other] for other in values if other > value) / total for value in values[:-1]}
    if len(values) <= _RATING_VALUES:
        above = min(shares, key=lambda value: abs(shares[value] - 0.5))
        what = f"{len(values)} grades from {values[0]:g} to {values[-1]:g}: those above {above:g} are nearest to half"
    else:
        above = values[0]
        if shares[above] > 1 - _FEWEST:
            above = min(shares, key=lambda value: abs(shares[value] - 0.5))
        what = f"a count from {values[0]:g} to {values[-1]:g} without 0: more than {above:g} is 1"
    return LabelRule("binary", f"{what}; {shares[above]:.1%} are", above=above)


def _share(part: int, counts: Mapping[str, int]) -> str:
    return f"{part / sum(counts.values()):.1%}"


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(map(shown, values))
