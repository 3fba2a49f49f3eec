"""The evaluation options and the feature declaration as TFMA's EvalConfig."""

from __future__ import annotations

from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.options import METRICS, Bound, EvaluationOptions
from components.features.spec import FeatureSpec


def make_config(spec: FeatureSpec, options: EvaluationOptions) -> config_pb2.EvalConfig:
    """Metrics overall and for each value of the features flagged `slice`; the bounds hold overall."""
    model = config_pb2.ModelSpec(
        signature_name="serving_default",
        model_type="tf_generic",
        label_key=spec.label.key,
        prediction_key="score",
        example_weight_key=spec.weight or "",
    )
    metrics = [
        config_pb2.MetricConfig(class_name=class_name, per_slice_thresholds=_overall(options.bounds.get(name), higher))
        for name, (class_name, higher) in METRICS.items()
    ]
    slices = [config_pb2.SlicingSpec()] + [
        config_pb2.SlicingSpec(feature_keys=[feature.key]) for feature in spec.features if feature.slice
    ]
    return config_pb2.EvalConfig(
        model_specs=[model],
        slicing_specs=slices,
        metrics_specs=[config_pb2.MetricsSpec(metrics=[*metrics, config_pb2.MetricConfig(class_name="ExampleCount")])],
    )


def _overall(bound: Bound | None, higher: bool | None) -> list[config_pb2.PerSliceMetricThreshold]:
    """The bound on all rows together; MetricConfig's own `threshold` would hold every slice to it."""
    if bound is None:
        return []
    return [
        config_pb2.PerSliceMetricThreshold(
            slicing_specs=[config_pb2.SlicingSpec()], threshold=_threshold(bound, higher)
        )
    ]


def _threshold(bound: Bound, higher: bool | None) -> config_pb2.MetricThreshold:
    threshold = config_pb2.MetricThreshold()
    if bound.at_least is not None:
        threshold.value_threshold.lower_bound.value = bound.at_least
    if bound.at_most is not None:
        threshold.value_threshold.upper_bound.value = bound.at_most
    if bound.worse_by_at_most is not None:
        # TFMA compares candidate minus baseline.
        change = threshold.change_threshold
        change.direction = (
            config_pb2.MetricDirection.HIGHER_IS_BETTER if higher else config_pb2.MetricDirection.LOWER_IS_BETTER
        )
        change.absolute.value = -bound.worse_by_at_most if higher else bound.worse_by_at_most
    return threshold
