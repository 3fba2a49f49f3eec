"""From counts and sample to the profiles that the rules see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from widedeep.pipeline.drafting.reading import tfdv_statistics
from widedeep.pipeline.drafting.reading.columns import Floats, category_codes, first_values, numbers_of, set_codes
from widedeep.pipeline.drafting.reading.counts import NO_VALUES, Counts
from widedeep.pipeline.drafting.reading.foreign_forms import foreign_date, foreign_number
from widedeep.pipeline.drafting.reading.times import UNITS, parts, seconds, time_format, zone_of
from widedeep.pipeline.drafting.rules.profile import ColumnProfile, NumberProfile, SetProfile

_SEPARATORS = "|;,/ "
# Counts of values are told for these.
_MIN_COUNTS = (1, 2, 3, 5, 10)
# Boundaries of the numbers beside a peak.
_BOUNDARIES = 16
# Whole numbers from here on lie too close together for 64 bits.
_LONGEST = 2.0**53
# What a column of few values may have in a domain.
_LISTED = 100


def profiles(counts: Mapping[str, Counts], sample: pa.Table, times: tuple[str, ...]) -> dict[str, ColumnProfile]:
    """What is known of each column before anything is measured.

    Args:
        counts: of all rows, by column.
        sample: of the rows.
        times: columns that a person says hold times.
    """
    statistics = tfdv_statistics.of_sample(counts, sample)
    return {
        name: _profile(name, counts[name], _values(counts[name], sample.column(name)), statistics.get(name), times)
        for name in counts
    }


def _values(counts: Counts, column: pa.ChunkedArray) -> pa.Array:
    values = column.combine_chunks()
    if counts.many:
        return values
    values = first_values(values)
    if counts.numeric and counts.no_values:
        nothing = pc.is_in(values, pa.array(list(counts.no_values)))
        values = pc.replace_with_mask(values, pc.fill_null(nothing, False), pa.scalar(None, pa.string()))
    return values


def sample_values(counts: Mapping[str, Counts], sample: pa.Table) -> dict[str, pa.Array]:
    """The sample's columns, those whose lists have one member at most as its values."""
    return {name: _values(of_column, sample.column(name)) for name, of_column in counts.items()}


def _profile(
    name: str, counts: Counts, values: pa.Array, statistics: tfdv_statistics.Statistics | None, times: tuple[str, ...]
) -> ColumnProfile:
    profile = ColumnProfile(
        name=name,
        rows=counts.rows,
        missing=counts.missing + sum(counts.no_values.values()) * counts.numeric,
        distinct=counts.distinct if counts.numeric or counts.few is None else len(counts.few),
        storage=counts.storage if counts.storage != "list" or counts.many else "text",
    )
    if counts.missing == counts.rows or pa.types.is_null(values.type):
        return profile
    few = sorted(counts.few or {}, key=lambda value: (-(counts.few or {})[value], value))
    profile = replace(profile, values=tuple(few) if len(few) <= _LISTED else ())
    if counts.many:
        members = set_codes(values, None)
        mean = counts.members / max(1, counts.rows - counts.missing)
        return replace(
            profile,
            members=SetProfile(members.size, mean),
            frequent=_frequent(values.flatten(), len(values) / counts.rows),
        )
    profile = replace(profile, frequent=_frequent(values, len(values) / counts.rows))
    form = time_format(name, counts, values, name in times)
    if form is not None:
        time_parts = parts(seconds(values, form))
        nothing = () if counts.numeric else no_values(values)
        lacking = pc.sum(pc.is_in(values, pa.array(nothing, pa.string()))).as_py() or 0
        profile = replace(
            profile,
            missing=profile.missing + round(lacking / len(values) * counts.rows),
            no_values=nothing,
            time_format=form,
            time_unit=UNITS.get(form),
            time_zone=zone_of(counts, values, form),
            time_parts=time_parts,
            first=counts.first,
        )
    if counts.numeric and statistics and np.isfinite(counts.low):
        return replace(profile, number=_number(counts, values, statistics))
    if form is None and not counts.numeric:
        profile = replace(profile, date=foreign_date(values), amount=foreign_number(values))
        found_set = _set(values) if profile.date is None and profile.amount is None else None
        if found_set is not None and found_set.separator is not None:
            parts_of = pc.split_pattern(values, found_set.separator).flatten()
            profile = replace(profile, members=found_set, frequent=_frequent(parts_of, len(values) / counts.rows))
    return replace(profile, mean_length=_length(values, statistics), mean_words=_words(values))


def _frequent(values: pa.Array, sampled: float) -> tuple[tuple[int, int], ...]:
    """How many values all rows hold so often, by the part of them that is sampled; exact where it is all."""
    frequencies = np.asarray(values.value_counts().field(1).to_numpy(zero_copy_only=False))
    return tuple((least, int((frequencies >= least * min(1.0, sampled)).sum())) for least in _MIN_COUNTS)


def no_values(values: pa.Array) -> tuple[str, ...]:
    """The texts among others that programs write for no value."""
    different = pc.unique(values.drop_null()).to_pylist()
    return tuple(sorted(text for text in different if NO_VALUES.fullmatch(text.strip())))


def _number(counts: Counts, values: pa.Array, statistics: tfdv_statistics.Statistics) -> NumberProfile:
    numbers = numbers_of(values, tuple(counts.no_values))
    present = numbers[~np.isnan(numbers)]
    uniques, often = np.unique(present, return_counts=True)
    peak = float(uniques[often.argmax()])
    text = pc.utf8_trim_whitespace(values.drop_null())
    zeros = pc.sum(pc.match_substring_regex(text, r"^0\d+$")).as_py() or 0
    narrow = len(np.unique(uniques.astype(np.float32)))
    digits = pc.all(pc.match_substring_regex(text, r"^[+-]?\d+$")).as_py()
    rises = len(present) > 1 and bool((np.diff(present) > 0).all())
    return NumberProfile(
        low=counts.low,
        high=counts.high,
        whole=counts.whole,
        mean=statistics.mean,
        deviation=statistics.deviation,
        median=statistics.median,
        peak=peak,
        peak_share=float(often.max() / len(present)),
        boundaries=tuple(edge for edge in _boundaries(present, uniques, peak) if edge > counts.low),
        nan_texts=tuple(sorted(counts.no_values)),
        leading_zeros=zeros > 0.01 * len(text) and counts.storage == "text",
        rises=rises,
        long=bool(digits) and max(abs(counts.low), abs(counts.high)) >= _LONGEST,
        points=counts.storage == "text" and counts.whole and not digits,
        bits=64 if narrow < 0.99 * len(uniques) else 32,
    )


def _boundaries(present: Floats, uniques: Floats, peak: float) -> list[float]:
    """Each value where there are few; else quantiles of those beside the peak, which has a bucket of its own."""
    if len(uniques) <= _BOUNDARIES:
        return [float(value) for value in uniques]
    edges = np.quantile(present[present != peak], np.linspace(0, 1, _BOUNDARIES), method="higher")
    return sorted({*map(float, edges), peak, *map(float, uniques[uniques > peak][:1])})


def _set(values: pa.Array) -> SetProfile | None:
    """What a separator makes of texts: a set where members come again in other company, in any number."""
    texts = values.drop_null()
    whole = len(pc.unique(texts))
    best: SetProfile | None = None
    for separator in _SEPARATORS:
        having = pc.sum(pc.match_substring(texts, separator)).as_py() or 0
        if having < 0.2 * len(texts) or whole < 30:
            continue
        lists = pc.split_pattern(texts, separator)
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
        members = pd.Series(lists.flatten().to_pylist(), dtype=object).str.strip()
        different = int(members.nunique())
        # Parts of a fixed number, as those of a date or a version, are no set.
        fixed = len(np.unique(lengths)) == 1
        if not fixed and different <= 0.5 * whole and different > 2 and (best is None or different < best.members):
            best = SetProfile(different, float(lengths.mean()), separator)
    return best


def _length(values: pa.Array, statistics: tfdv_statistics.Statistics | None) -> float:
    if statistics is not None and statistics.mean_length:
        return statistics.mean_length
    return float(pc.mean(pc.utf8_length(values)).as_py() or 0.0)


def _words(values: pa.Array) -> float:
    counted = pc.count_substring_regex(values.drop_null(), r"\S+")
    return float(pc.mean(counted).as_py() or 0.0)


def largest_share(values: pa.Array) -> float:
    """Share of the most frequent value."""
    codes = category_codes(values)
    return float(np.bincount(codes.codes).max() / max(1, codes.length))
