"""What speaks against a split's data: the schema's anomalies, and labels of one class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from components.features.spec import FeatureSpec


@dataclass(frozen=True)
class Finding:
    """One reason against the data; `feature` is '' where it is about the data set as a whole."""

    split: str
    feature: str
    reason: str
    present: int
    rows: int

    def __str__(self) -> str:
        where = f"feature '{self.feature}'" if self.feature else "the data set"
        counts = f"{self.present:,} of {self.rows:,} rows have a value" if self.feature else f"{self.rows:,} rows"
        return f"split '{self.split}', {where}: {self.reason} ({counts})"


def find(
    split: str,
    anomalies: anomalies_pb2.Anomalies,
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    spec: FeatureSpec,
) -> Iterator[Finding]:
    """Yields the findings of one split, in the order of the features' names."""
    [data] = statistics.datasets
    rows = data.num_examples
    by_name = {feature.path.step[0] or feature.name: feature for feature in data.features}
    for name in sorted(anomalies.anomaly_info):
        info = anomalies.anomaly_info[name]
        feature = by_name.get(name)
        present = _common(feature).num_non_missing if feature else 0
        reasons = "; ".join(f"{reason.short_description}: {reason.description}" for reason in info.reason)
        yield Finding(split, name, reasons or info.description, present, rows)
    for reason in anomalies.dataset_anomaly_info.reason:
        yield Finding(split, "", f"{reason.short_description}: {reason.description}", rows, rows)
    label = by_name.get(spec.label.key)
    if (
        label is not None
        and label.num_stats.min == label.num_stats.max
        and label.num_stats.common_stats.num_non_missing
    ):
        reason = f"all labels are {label.num_stats.min:g}; a ranking can't be learned or measured without both classes"
        yield Finding(split, spec.label.key, reason, _common(label).num_non_missing, rows)


def _common(feature: statistics_pb2.FeatureNameStatistics) -> statistics_pb2.CommonStatistics:
    kind = feature.WhichOneof("stats")
    return getattr(feature, kind).common_stats if kind else statistics_pb2.CommonStatistics()
