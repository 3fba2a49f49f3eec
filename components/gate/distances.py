"""How far a split's values lie from those of another time (drift) or from those seen while serving (skew)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from widedeep.components.features.schema import derive
from widedeep.components.features.spec import FeatureSpec

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList
Kind = Literal["drift", "skew"]
_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: "L-infinity distance",
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: "Jensen-Shannon divergence",
}
_OTHER = {"drift": "the span accepted before it", "skew": "the serving data"}
_TOP = 3


@dataclass(frozen=True)
class Distance:
    """One feature's distance.

    Attributes:
        split: whose values.
        feature: whose.
        kind: drift or skew.
        measure: the distance's name.
        value: between 0 (equal) and 1.
        limit: the declared one.
        changes: what changed most, in words.
    """

    split: str
    feature: str
    kind: Kind
    measure: str
    value: float
    limit: float
    changes: str

    @property
    def too_far(self) -> bool:
        """Whether it is beyond its limit; one that is no number is."""
        return not self.value <= self.limit

    @property
    def reason(self) -> str:
        """Distance, limit and changes, in words."""
        far = (
            f"{self.kind} from {_OTHER[self.kind]}: {self.measure} {self.value:.3f}, at most {self.limit:g} is allowed"
        )
        return f"{far}; {self.changes}"


def distances(split: str, kind: Kind, now: Statistics, other: Statistics, spec: FeatureSpec) -> Iterator[Distance]:
    """Yields the distance of each feature that has a limit and values in both, in the order of the declaration.

    Args:
        split: whose statistics `now` are.
        kind: which limit counts.
        now: of the split.
        other: of the earlier span's split, or of the serving data.
        spec: the declaration, with the limits.
    """
    given = {"previous_statistics": other} if kind == "drift" else {"serving_statistics": other}
    measured = tfdv.validate_statistics(now, derive(spec), **given).drift_skew_info
    found = {
        ".".join(info.path.step): one
        for info in measured
        for one in (info.drift_measurements if kind == "drift" else info.skew_measurements)
    }
    before, after = _by_name(other), _by_name(now)
    for feature in spec.features:
        one = found.get(feature.key)
        if one is not None:
            changes = _numbers if feature.kind == "numeric" else _values
            told = changes(before[feature.key], after[feature.key])
            yield Distance(split, feature.key, kind, _MEASURES[one.type], one.value, one.threshold, told)


def _by_name(statistics: Statistics) -> dict[str, statistics_pb2.FeatureNameStatistics]:
    return {".".join(one.path.step) or one.name: one for one in statistics.datasets[0].features}


def _numbers(before: statistics_pb2.FeatureNameStatistics, after: statistics_pb2.FeatureNameStatistics) -> str:
    told = [
        f"{name} {getattr(before.num_stats, name):,.4g} → {getattr(after.num_stats, name):,.4g}"
        for name in ("mean", "median", "min", "max")
    ]
    return ", ".join(told)


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
