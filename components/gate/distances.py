"""How far a split's values lie from those of another time (drift) or from those seen while serving (skew)."""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from widedeep.components.features.schema import derive
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.findings import Statistics
from widedeep.components.gate.gate_verdict import Distance, Kind

_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: "L-infinity distance",
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: "Jensen-Shannon divergence",
}
_TOP = 3


def distances(split: str, kind: Kind, now: Statistics, other: Statistics, spec: FeatureSpec) -> Iterator[Distance]:
    """Yields the distance of each feature that has a limit and values in both, in the order of the declaration.

    Args:
        split: whose statistics `now` are.
        kind: which limit counts.
        now: of the split.
        other: of the earlier span's split, or of the serving data.
        spec: the declaration, with the limits.
    """
    reference = {"previous_statistics": other} if kind == "drift" else {"serving_statistics": other}
    moved = tfdv.validate_statistics(now, derive(spec), **reference).drift_skew_info
    measurements = {
        ".".join(info.path.step): measurement
        for info in moved
        for measurement in (info.drift_measurements if kind == "drift" else info.skew_measurements)
    }
    before, after = _by_name(other), _by_name(now)
    for feature in spec.features:
        measurement = measurements.get(feature.key)
        if measurement is not None:
            changes = _numbers if feature.is_number else _values
            yield Distance(
                split=split,
                feature=feature.key,
                kind=kind,
                measure=_MEASURES[measurement.type],
                value=measurement.value,
                limit=measurement.threshold,
                changes=changes(before[feature.key], after[feature.key]),
            )


def _by_name(statistics: Statistics) -> dict[str, statistics_pb2.FeatureNameStatistics]:
    return {".".join(feature.path.step) or feature.name: feature for feature in statistics.datasets[0].features}


def _numbers(before: statistics_pb2.FeatureNameStatistics, after: statistics_pb2.FeatureNameStatistics) -> str:
    changes = [
        f"{name} {getattr(before.num_stats, name):,.4g} → {getattr(after.num_stats, name):,.4g}"
        for name in ("mean", "median", "min", "max")
    ]
    return ", ".join(changes)


def _values(before: statistics_pb2.FeatureNameStatistics, after: statistics_pb2.FeatureNameStatistics) -> str:
    """The values whose shares changed most."""
    old, new = _shares(before), _shares(after)
    most = sorted(old.keys() | new.keys(), key=lambda value: (-abs(new.get(value, 0) - old.get(value, 0)), value))
    return ", ".join(f"'{value}' {old.get(value, 0):.1%} → {new.get(value, 0):.1%}" for value in most[:_TOP])


def _shares(feature: statistics_pb2.FeatureNameStatistics) -> dict[str, float]:
    """Of all values; the statistics hold the commonest thousand."""
    stats = feature.string_stats
    total = stats.common_stats.tot_num_values
    return {bucket.label: bucket.sample_count / total for bucket in stats.rank_histogram.buckets if total}
