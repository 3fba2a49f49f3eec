"""What is wrong with numbers that 32 bits can't keep apart, and with one that lies too far from the others.

The share of pairs that 32 bits merge is, of two values drawn at random that differ, the probability that they become
equal: with c_v rows of the value v, and C_w rows whose value becomes w,

    (sum over w of C_w^2 - sum over v of c_v^2) / (n^2 - sum over v of c_v^2)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field

from widedeep.components.common.records import Record
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.numbers.number_profile import WHOLE, FileNumbers, Numbers

# Of pairs, a twentieth: of numbers that lie evenly, some twenty are told apart.
MOST_MERGED = 0.05
# A half in a hundred is worth a word: some two hundred are.
MERGED = 0.005
# Fewer different numbers than these are worth a word, too, where they came in 32 bits.
_LEVELS = 200
# The spread of 99 % of a column's values, in its standard deviations. Of a normal distribution it is 1.
LEAST_SPREAD = 0.01
_FEW = 20


class NumberNotes(Record):
    """What was seen in an ExampleGen's numbers that does not stop the run."""

    warnings: list[str] = Field(description="a sentence each")


def faults(files: Sequence[FileNumbers], spec: FeatureSpec) -> tuple[list[str], list[str]]:
    """What stops a run, and what is to be told: sentences.

    Args:
        files: all that one ExampleGen has read.
        spec: the declaration.
    """
    stopping: list[str] = []
    warnings: list[str] = []
    for key in dict.fromkeys(key for file in files for key in file.columns):
        name = f"column '{spec.columns[key]}'"
        having = [file for file in files if key in file.columns]
        kept = spec.by_key[key].bits if key in spec.by_key else 32
        share, pair = _merged(_pooled([file.columns[key] for file in having]), kept)
        if share >= MERGED:
            sentence = f"{name}: {_merged_text(share, pair, kept, key in spec.by_key)}"
            (stopping if share >= MOST_MERGED else warnings).append(sentence)
        warnings += [f"{name}: {sentence}" for sentence in (*_narrowed_before(key, having), *_beyond(key, having))]
        if key in spec.by_key and spec.by_key[key].transform.z_score:
            learned_from = [file for file in having if file.split in ("train", None)]
            warnings += [f"{name}: {sentence}" for sentence in _far_out(key, learned_from)]
    return stopping, warnings


def _pooled(columns: Sequence[Numbers]) -> np.ndarray:
    """One sample, in which each file has its share."""
    stride = max(column.stride for column in columns)
    return np.concatenate([column.sample[:: stride // column.stride] for column in columns])


def _kept(values: np.ndarray, bits: int) -> np.ndarray:
    """What examples hold of float64 values: the value in 32 bits, and of 64 bits the rest in 32 more."""
    narrow = values.astype(np.float32).astype(np.float64)
    return narrow if bits == 32 else narrow + (values - narrow).astype(np.float32)


def _merged(sample: np.ndarray, bits: int) -> tuple[float, tuple[float, float]]:
    """The share of pairs that become equal, and the two values farthest from each other of those next that do."""
    values, counts = np.unique(sample, return_counts=True)
    narrow = _kept(values, bits)
    _, which = np.unique(narrow, return_inverse=True)
    together = np.bincount(which, counts)
    equal = float((counts.astype(np.float64) ** 2).sum())
    different = float(len(sample)) ** 2 - equal
    merged = float((together**2).sum()) - equal
    if merged <= 0:
        return 0.0, (math.nan, math.nan)
    same = np.flatnonzero(narrow[1:] == narrow[:-1])
    first = same[np.argmax(np.diff(values)[same])]
    return merged / different, (float(values[first]), float(values[first + 1]))


def _merged_text(share: float, pair: tuple[float, float], bits: int, is_feature: bool) -> str:
    low, high = pair
    both = _text(float(_kept(np.array([low]), bits)[0]))
    start = f"count from a later start, as {_start(low):.10g}, in the data and in requests"
    remedy = f"Set 'bits: 64' for the feature, or {start}" if bits == 32 and is_feature else start.capitalize()
    return (
        f"{bits} bits can't keep its numbers apart: {share:.1%} of the pairs of different ones become equal, as "
        f"{_text(low)} and {_text(high)} (both {both}). {remedy}; where the numbers are names, declare the feature "
        "categorical."
    )


def _start(low: float) -> float:
    """A round number below: its first three digits."""
    if not low:
        return low
    unit = 10.0 ** (math.floor(math.log10(abs(low))) - 2)
    return math.floor(low / unit) * unit


def _narrowed_before(key: str, files: Sequence[FileNumbers]) -> Iterator[str]:
    """Numbers that stand where 32 bits have their next ones, which nothing but 32 bits makes them do."""
    values = np.unique(_pooled([file.columns[key] for file in files]))
    narrow = values.astype(np.float32)
    if not 3 <= len(values) <= _LEVELS or (narrow != values).any():
        return
    next_to_each_other = np.diff(values) == np.spacing(np.abs(narrow[:-1]))
    if next_to_each_other.mean() >= 0.5:
        yield (
            f"its numbers lie as close together as 32 bits allow, as {_text(values[0])} and {_text(values[1])}: "
            "something has narrowed them before. Write them as whole numbers or in 64 bits, and set 'bits: 64' for the "
            "feature."
        )


def _beyond(key: str, files: Sequence[FileNumbers]) -> Iterator[str]:
    sample = _pooled([file.columns[key] for file in files])
    places = [(place, file.path) for file in files if (place := file.columns[key].beyond)]
    # A few are no names, but mistakes.
    if places and np.median(np.abs(sample)) >= WHOLE:
        (value, row), path = places[0]
        yield (
            f"{_text(value)} ({path}, row {row:,}) is beyond {int(WHOLE):,}, from where on 64 bits don't keep whole "
            "numbers apart: where they are names, declare the feature categorical, and keep them as text or whole "
            "numbers."
        )


def _far_out(key: str, files: Sequence[FileNumbers]) -> Iterator[str]:
    columns = [file.columns[key] for file in files]
    count = sum(column.count for column in columns)
    if count < _FEW:
        return
    sample = np.sort(_pooled(columns))
    left_out = max(1, len(sample) // 200)
    bulk = sample[left_out:-left_out]
    middle, spread = float(np.median(bulk)), float(bulk.std())
    places = [(place, file.path) for file in files for place in (file.columns[key].low, file.columns[key].high)]
    (value, row), path = max(places, key=lambda place: abs(place[0][0] - middle))
    # Of all values by the sample, and of the farthest, which it may not hold.
    outside = abs(value - middle)
    deviation = max(float(sample.std()), math.sqrt(spread**2 + outside**2 / count) if outside < 1e150 else math.inf)
    if 0 < spread < LEAST_SPREAD * deviation:
        yield (
            f"{_text(value)} ({path}, row {row:,}) lies so far from the others that z_score leaves 99 % of them within "
            f"{spread / deviation:.2g} standard deviations: mend it, or take quantile_cdf or log."
        )


def _text(value: float) -> str:
    return f"{value:.0f}" if value == int(value) and abs(value) < WHOLE else repr(value)
