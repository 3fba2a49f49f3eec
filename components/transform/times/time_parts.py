"""The parts of times, in the graph: what a clock and a calendar show there, and the seconds between two times."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.features.time_parts import PER_SECOND
from widedeep.components.transform.raw_numbers import raw_number
from widedeep.components.transform.times.zones import CYCLE, zone_table

_DAY = 86_400
# Of the calendar whose year begins in March: 400 years, and from its beginning in the year 0 to 1970.
_ERA_DAYS, _TO_1970 = 146_097, 719_468


def time_parts(spec: FeatureSpec, raw: Mapping[str, tf.SparseTensor]) -> dict[str, tf.Tensor]:
    """The parts of all times by their keys, float32 [batch]: NaN where a time that one is made of is missing.

    Args:
        spec: the declaration.
        raw: features as Transform reads them; a time's number and its rest.
    """
    seconds = {time.key: raw_number(time, raw) / PER_SECOND[time.unit] for time in spec.features if time.kind == "time"}
    calendars = {time.key: _calendar(time, seconds[time.key]) for time in spec.features if time.kind == "time"}
    return {
        key: tf.cast(seconds[time.key] - seconds[part.since], tf.float32) if part.since else calendars[time.key][name]
        for key, (time, name, part) in spec.parts.items()
    }


def _calendar(time: Feature, seconds: tf.Tensor) -> dict[str, tf.Tensor]:
    """What clock and calendar show in the time's zone.

    Source of day and month: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    """
    missing = tf.math.is_nan(seconds)
    whole = tf.cast(tf.floor(tf.where(missing, tf.zeros_like(seconds), seconds)), tf.int64)
    local = whole + _offset(time.zone, whole)
    days = local // _DAY
    of_era = (days + _TO_1970) % _ERA_DAYS
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    from_march = (5 * of_year + 2) // 153
    parts = {
        "hour": local % _DAY // 3_600,
        # 1970 began on a Thursday.
        "weekday": (days + 3) % 7,
        "day": of_year - (153 * from_march + 2) // 5 + 1,
        "month": (from_march + 2) % 12 + 1,
    }
    return {name: tf.where(missing, float("nan"), tf.cast(part, tf.float32)) for name, part in parts.items()}


def _offset(zone: str | None, seconds: tf.Tensor) -> tf.Tensor:
    """Seconds that the zone's clock is before UTC's, int64 [batch]."""
    if zone is None:
        return tf.zeros_like(seconds)
    table = zone_table(zone)
    beyond = tf.maximum(seconds - table.fold, -1) // CYCLE + 1
    place = tf.searchsorted(tf.constant(table.changes), seconds - beyond * CYCLE, side="right", out_type=tf.int64)
    return tf.gather(tf.constant(table.offsets), place)
