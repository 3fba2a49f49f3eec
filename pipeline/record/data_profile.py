"""The features as the data has them, and how far they lie from other data: for the report."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.components.statistics_gen import stats_artifact_utils
from tfx.types import standard_artifacts

from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.gate.gate_verdict import Distance
from widedeep.pipeline.record.feature_profile import FeatureProfile

_TOP = 5
_SPLIT = "train"


def profile(statistics: str, distances: Sequence[Distance], spec: FeatureSpec) -> list[FeatureProfile]:
    """The profile of each feature, in the declaration's order, in the split that the model learned from.

    Args:
        statistics: StatisticsGen's output.
        distances: the gate's.
        spec: the declaration.
    """
    artifact = standard_artifacts.ExampleStatistics()
    artifact.uri, artifact.split_names = statistics, f'["{_SPLIT}"]'
    [data] = stats_artifact_utils.load_statistics(artifact, _SPLIT).proto().datasets
    by_name = {".".join(feature.path.step) or feature.name: feature for feature in data.features}
    return [
        _profile(feature, by_name.get(feature.key), data.num_examples).model_copy(
            update={"distances": [distance for distance in distances if distance.feature == feature.key]}
        )
        for feature in spec.features
    ]


def _profile(feature: Feature, statistics: statistics_pb2.FeatureNameStatistics | None, rows: int) -> FeatureProfile:
    kind = statistics.WhichOneof("stats") if statistics else None
    if statistics is None or kind is None:
        return FeatureProfile(feature=feature.key, kind=feature.kind, present_share=0.0)
    stats = getattr(statistics, kind)
    present = stats.common_stats.num_non_missing / rows if rows else 0.0
    if feature.is_number:
        return FeatureProfile(
            feature=feature.key,
            kind=feature.kind,
            present_share=present,
            mean=stats.mean,
            std_dev=stats.std_dev,
            min=stats.min,
            median=stats.median,
            max=stats.max,
        )
    total = stats.common_stats.tot_num_values
    buckets = stats.rank_histogram.buckets[:_TOP] if total else []
    return FeatureProfile(
        feature=feature.key,
        kind=feature.kind,
        present_share=present,
        unique=stats.unique,
        top=[(bucket.label, bucket.sample_count / total) for bucket in buckets],
    )
