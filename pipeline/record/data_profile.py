"""The features as the data has them, and how far they lie from other data: for the report."""

from __future__ import annotations

from typing import Any

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.types import standard_artifacts

from widedeep.components.features.spec import Feature, FeatureSpec

_TOP = 5
_SPLIT = "train"


def profile(statistics: str, distances: list[dict[str, Any]], spec: FeatureSpec) -> list[dict[str, Any]]:
    """One entry a feature, in the declaration's order, of the split that the model learned from.

    Args:
        statistics: StatisticsGen's output.
        distances: the gate's, as components/gate/distances.py has them.
        spec: the declaration.

    Returns:
        `feature`, `kind`, `present_share`; of a number `mean`, `std_dev`, `min`, `median`, `max`, else `unique` and
        `top` (pairs of value and share); and `distances`, those of the feature on any split.
    """
    artifact = standard_artifacts.ExampleStatistics()
    artifact.uri, artifact.split_names = statistics, f'["{_SPLIT}"]'
    [data] = stats_artifact_utils.load_statistics(artifact, _SPLIT).proto().datasets
    found = {".".join(one.path.step) or one.name: one for one in data.features}
    return [
        _told(feature, found.get(feature.key), data.num_examples)
        | {"distances": [one for one in distances if one["feature"] == feature.key]}
        for feature in spec.features
    ]


def _told(feature: Feature, found: statistics_pb2.FeatureNameStatistics | None, rows: int) -> dict[str, Any]:
    told: dict[str, Any] = {"feature": feature.key, "kind": feature.kind, "present_share": 0.0}
    kind = found.WhichOneof("stats") if found else None
    if found is None or kind is None:
        return told
    stats = getattr(found, kind)
    told["present_share"] = stats.common_stats.num_non_missing / rows if rows else 0.0
    if feature.kind == "numeric":
        return told | {name: getattr(stats, name) for name in ("mean", "std_dev", "min", "median", "max")}
    total = stats.common_stats.tot_num_values
    top = [(bucket.label, bucket.sample_count / total) for bucket in stats.rank_histogram.buckets[:_TOP] if total]
    return told | {"unique": stats.unique, "top": top}
