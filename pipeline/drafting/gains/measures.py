"""The sample's columns, measured against the label."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from widedeep.pipeline.drafting.gains.alone import auc_alone, determined, explained, log_loss, predictions
from widedeep.pipeline.drafting.gains.folds import Half
from widedeep.pipeline.drafting.reading.columns import Codes, Floats, bin_codes, category_codes, numbers_of, set_codes
from widedeep.pipeline.drafting.reading.times import parts_of, seconds
from widedeep.pipeline.drafting.rules.profile import ColumnProfile

# Of a number: as the model will see it, and as fine as a leak needs.
_BINS, _FINE = 20, 1000
_MEMBERS = 50


@dataclass(frozen=True)
class Target:
    """What is to be told.

    Attributes:
        label: 0 or 1, or a number.
        binary: which of both.
        half: the rows that measure what was learned of the others.
        time: of the rows, in seconds; None where there is none.
    """

    label: Floats
    binary: bool
    half: Half
    time: Floats | None


def codes_of(profile: ColumnProfile, values: pa.Array) -> Codes:
    """A column as the model will see it: categories, members, or quantiles."""
    if pa.types.is_null(values.type):
        return Codes(np.arange(len(values)), np.zeros(len(values), np.int64), 1, len(values))
    if profile.members is not None:
        return set_codes(values, profile.members.separator)
    if profile.time_format is not None:
        return _hours(seconds(values, profile.time_format))
    if profile.number is not None:
        return bin_codes(numbers_of(values, profile.number.nan_texts), _BINS)
    return category_codes(values)


def part_codes(profile: ColumnProfile, values: pa.Array) -> dict[str, Codes]:
    """Of a time the parts that a model may see, in UTC."""
    assert profile.time_format is not None
    time_parts = parts_of(seconds(values, profile.time_format))
    codes = {part: np.nan_to_num(time_parts[part], nan=24).astype(np.int64) for part in profile.time_parts}
    return {part: Codes(np.arange(len(of_part)), of_part, 25, len(of_part)) for part, of_part in codes.items()}


def _hours(times: Floats) -> Codes:
    """The hour of the week."""
    hours = np.nan_to_num(times // 3600 % 168, nan=168).astype(np.int64)
    return Codes(np.arange(len(times)), hours, 169, len(times))


def measured(profile: ColumnProfile, values: pa.Array, target: Target) -> ColumnProfile:
    """The profile with what the column tells: of the label, and of the rows' time."""
    if not profile.present or pa.types.is_null(values.type):
        return profile
    codes = codes_of(profile, values)
    fine = codes
    number = profile.number
    if number is not None and profile.time_format is None:
        numbers = numbers_of(values, number.nan_texts)
        fine = bin_codes(numbers, _FINE)
        if number.whole and profile.distinct > 2:
            number = replace(number, as_name=_as_name(codes, category_codes(values), target))
    # Of few rows each has a fine bin of its own, and what it has learned is of no use to the others.
    tell = auc_alone if target.binary else explained
    alone = max(tell(each, target.label, target.half) for each in {id(each): each for each in (codes, fine)}.values())
    of_time = 0.0
    if target.time is not None and profile.time_format is None:
        of_time = determined(fine if number is not None else codes, target.time)
    return replace(profile, alone=alone, of_time=of_time, number=number)


def _as_name(scaled: Codes, named: Codes, target: Target) -> float:
    """How much more the values tell as names than as quantiles."""
    if not target.binary:
        return explained(named, target.label, target.half) - explained(scaled, target.label, target.half)
    losses = [log_loss(target.label, predictions(codes, target.label, target.half)) for codes in (scaled, named)]
    return (losses[0] - losses[1]) / losses[0] if losses[0] else 0.0
