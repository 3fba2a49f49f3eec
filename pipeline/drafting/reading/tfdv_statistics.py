"""TFDV's statistics of the sample: moments and the median of numbers, the length of texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_data_validation.statistics.stats_options import StatsOptions

from widedeep.pipeline.drafting.reading.columns import first_values, numbers_of
from widedeep.pipeline.drafting.reading.counts import Counts


@dataclass(frozen=True)
class Statistics:
    """What TFDV says of a column; zeros where it says nothing.

    Attributes:
        mean, deviation, median: of numbers.
        mean_length: of texts, in bytes.
    """

    mean: float = 0.0
    deviation: float = 0.0
    median: float = 0.0
    mean_length: float = 0.0


def of_sample(counts: Mapping[str, Counts], sample: pa.Table) -> dict[str, Statistics]:
    """By column; those without a value, and lists, are left out."""
    arrays: dict[str, pa.Array] = {}
    for name, of_column in counts.items():
        column = sample.column(name).combine_chunks()
        if of_column.many or of_column.missing == of_column.rows or pa.types.is_null(column.type):
            continue
        values = first_values(column)
        if of_column.numeric:
            numbers = numbers_of(values, tuple(of_column.no_values))
            arrays[name] = _lists(pa.array(numbers, mask=np.isnan(numbers)))
        else:
            arrays[name] = _lists(values.cast(pa.binary()))
    if not arrays:
        return {}
    statistics = stats_impl.generate_statistics_in_memory(pa.RecordBatch.from_pydict(arrays), StatsOptions())
    return {feature.path.step[0]: _of(feature) for feature in statistics.datasets[0].features}


def _of(feature: object) -> Statistics:
    numbers = feature.num_stats  # type: ignore[attr-defined]
    return Statistics(
        mean=numbers.mean,
        deviation=numbers.std_dev,
        median=numbers.median,
        mean_length=feature.string_stats.avg_length,  # type: ignore[attr-defined]
    )


def _lists(values: pa.Array) -> pa.ListArray:
    valid = pc.is_valid(values)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(valid.cast(pa.int32()))])
    return pa.ListArray.from_arrays(offsets, values.drop_null(), mask=pc.invert(valid))
