"""What speaks against a split's data: the schema's anomalies, and labels that are all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from widedeep.components.features.spec import FeatureSpec

_LEARNED_FROM = "train"
# Quantiles, moments and vocabularies of nothing don't exist: Transform could not go on.
_EMPTY = "no row has a value to learn from: fill the column, or take the feature out of features.yaml"

_CONSTANT = {
    "binary": "a ranking can't be learned or measured without both classes",
    "regression": "nothing can be learned from, or measured on, a label that does not vary",
    "multiclass": "nothing can be learned from, or measured on, less than two classes",
}


@dataclass(frozen=True)
class Finding:
    """One reason against the data.

    Attributes:
        split: that it is about.
        feature: which one; '' where it is about the data set as a whole.
        reason: what is wrong.
        present: rows that have a value.
        rows: all rows; None where it is about more than this split's.
        fatal: no severity lets it pass.
    """

    split: str
    feature: str
    reason: str
    present: int = 0
    rows: int | None = None
    fatal: bool = False

    def __str__(self) -> str:
        where = f"feature '{self.feature}'" if self.feature else "the data set"
        if self.rows is None:
            return f"split '{self.split}', {where}: {self.reason}"
        counts = f"{self.present:,} of {self.rows:,} rows have a value" if self.feature else f"{self.rows:,} rows"
        return f"split '{self.split}', {where}: {self.reason} ({counts})"


def findings(
    split: str,
    anomalies: anomalies_pb2.Anomalies,
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    spec: FeatureSpec,
) -> Iterator[Finding]:
    """Yields the findings of one split, in the order of the features' names; equal labels come last."""
    [data] = statistics.datasets
    rows = data.num_examples
    by_name = {_name(feature): feature for feature in data.features}
    for name in sorted(anomalies.anomaly_info):
        info = anomalies.anomaly_info[name]
        present = _present(by_name[name]) if name in by_name else 0
        yield Finding(split, name, _reasons(info) or info.description, present, rows)
    if anomalies.HasField("dataset_anomaly_info"):
        info = anomalies.dataset_anomaly_info
        yield Finding(split, "", _reasons(info) or info.description, rows, rows)
    if anomalies.data_missing or not rows:
        yield Finding(split, "", "it has no rows", 0, rows)
    if split == _LEARNED_FROM and rows:
        for feature in spec.features:
            empty = feature.key not in by_name or not _present(by_name[feature.key])
            if empty and feature.transform.learns:
                yield Finding(split, feature.key, _EMPTY, 0, rows, fatal=True)
    label = by_name.get(spec.label.key)
    # Where it has no values, or text, the schema's anomalies say so.
    if (
        label is not None
        and label.num_stats.common_stats.num_non_missing
        and label.num_stats.min == label.num_stats.max
    ):
        reason = f"all labels are {label.num_stats.min:g}; {_CONSTANT[spec.label.kind]}"
        yield Finding(split, spec.label.key, reason, _present(label), rows)


def _name(feature: statistics_pb2.FeatureNameStatistics) -> str:
    return ".".join(feature.path.step) or str(feature.name)


def _reasons(info: anomalies_pb2.AnomalyInfo) -> str:
    return "; ".join(f"{reason.short_description}: {reason.description}" for reason in info.reason)


def _present(feature: statistics_pb2.FeatureNameStatistics) -> int:
    kind = feature.WhichOneof("stats")
    return int(getattr(feature, kind).common_stats.num_non_missing) if kind else 0
