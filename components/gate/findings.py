"""What speaks against a split's data: the schema's anomalies, features without values, and equal labels."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from widedeep.components.common.settings import near
from widedeep.components.content.absence import is_no_chance
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.gate_options import Severity

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList

LEARNED_FROM = "train"
# Quantiles, moments and vocabularies of nothing don't exist: Transform could not go on.
_REMEDY = "fill the column, or take the feature out of features.yaml"
_EMPTY = f"no row has a value to learn from: {_REMEDY}"
_ABSENT = f"no row has a value: {_REMEDY}"

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
        mild: it is a warning at most.
        note: it is worth knowing, and no more.
    """

    split: str
    feature: str
    reason: str
    present: int = 0
    rows: int | None = None
    fatal: bool = False
    mild: bool = False
    note: bool = False

    def weight(self, severity: Severity) -> Severity | Literal["note"]:
        """What it does where anomalies of its feature have a severity."""
        if self.fatal:
            return "stop"
        if severity == "ignore":
            return severity
        return "note" if self.note else "warn" if self.mild else severity

    def __str__(self) -> str:
        where = f"feature '{self.feature}'" if self.feature else "the data set"
        if self.rows is None:
            return f"split '{self.split}', {where}: {self.reason}"
        counts = f"{self.present:,} of {self.rows:,} rows have a value" if self.feature else f"{self.rows:,} rows"
        return f"split '{self.split}', {where}: {self.reason} ({counts})"


def findings(
    split: str,
    anomalies: anomalies_pb2.Anomalies,
    statistics: Statistics,
    spec: FeatureSpec,
    undeclared: Collection[str] = (),
) -> Iterator[Finding]:
    """Yields the findings of one split, in the order of the features' names; equal labels come last.

    Args:
        split: its name.
        anomalies: of the split.
        statistics: of the split.
        spec: the declaration.
        undeclared: the columns that it does not name: one may be what it means.
    """
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
    if split == LEARNED_FROM and rows:
        for feature in spec.features:
            empty = feature.key not in by_name or not _present(by_name[feature.key])
            if empty and (feature.transform.learns or feature.key not in anomalies.anomaly_info):
                reason = (_EMPTY if feature.transform.learns else _ABSENT) + _meant(feature.key, undeclared)
                yield Finding(split, feature.key, reason, 0, rows, fatal=feature.transform.learns)
    label = by_name.get(spec.label.key)
    # Where it has no values, or text, the schema's anomalies say so.
    if (
        label is not None
        and label.num_stats.common_stats.num_non_missing
        and label.num_stats.min == label.num_stats.max
    ):
        reason = f"all labels are {label.num_stats.min:g}; {_CONSTANT[spec.label.kind]}"
        yield Finding(split, spec.label.key, reason, _present(label), rows)


def absences(
    split: str,
    statistics: Statistics,
    train: Statistics,
    spec: FeatureSpec,
    told: Collection[str] = (),
    undeclared: Collection[str] = (),
) -> Iterator[Finding]:
    """Yields the features of which no row of a split has a value, but rows of train have.

    A rare one may be missing in a few rows by chance: that is a note.

    Args:
        split: its name; `serving` is what a server was asked for.
        statistics: of the split.
        train: of what the model learns from.
        spec: the declaration.
        told: features of which an anomaly says so.
        undeclared: the columns that the declaration does not name.
    """
    [data], [learned] = statistics.datasets, train.datasets
    present = {_name(feature): _present(feature) for feature in data.features}
    in_train = {_name(feature): _present(feature) for feature in learned.features}
    for feature in spec.features:
        having = in_train.get(feature.key, 0)
        if data.num_examples and having and not present.get(feature.key) and feature.key not in told:
            reason = f"no row has a value, but {having:,} of {learned.num_examples:,} rows of train have one"
            chance = not is_no_chance(data.num_examples, having / learned.num_examples)
            reason += _meant(feature.key, undeclared)
            yield Finding(split, feature.key, reason, 0, data.num_examples, note=chance)


def _meant(feature: str, undeclared: Collection[str]) -> str:
    name = near(feature, undeclared)
    return f" (is the column '{name}' meant?)" if name else ""


def _name(feature: statistics_pb2.FeatureNameStatistics) -> str:
    return ".".join(feature.path.step) or str(feature.name)


def _reasons(info: anomalies_pb2.AnomalyInfo) -> str:
    return "; ".join(f"{reason.short_description}: {reason.description}" for reason in info.reason)


def _present(feature: statistics_pb2.FeatureNameStatistics) -> int:
    kind = feature.WhichOneof("stats")
    return int(getattr(feature, kind).common_stats.num_non_missing) if kind else 0
