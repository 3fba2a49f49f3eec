"""The evaluation options and the feature declaration as TFMA's EvalConfig."""

from __future__ import annotations

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.options import METRICS, Bound, EvaluationOptions
from components.features.spec import FeatureSpec

# Slices with fewer rows say nothing about a model.
MIN_SLICE_ROWS = 50


def make_config(spec: FeatureSpec, options: EvaluationOptions) -> tfma.EvalConfig:
    """Metrics overall and for each value of the features flagged `slice`; the bounds hold overall."""
    model = tfma.ModelSpec(
        signature_name="serving_default",
        model_type="tf_generic",
        label_key=spec.label.key,
        prediction_key="score",
        example_weight_key=spec.weight or "",
    )
    metrics = [
        tfma.MetricConfig(class_name=class_name, threshold=_threshold(options.bounds.get(name), higher))
        for name, (class_name, higher) in METRICS.items()
    ]
    slices = [tfma.SlicingSpec()] + [
        tfma.SlicingSpec(feature_keys=[feature.key]) for feature in spec.features if feature.slice
    ]
    return tfma.EvalConfig(
        model_specs=[model],
        slicing_specs=slices,
        metrics_specs=[tfma.MetricsSpec(metrics=[*metrics, tfma.MetricConfig(class_name="ExampleCount")])],
        options=config_pb2.Options(min_slice_size={"value": MIN_SLICE_ROWS}),
    )


def _threshold(bound: Bound | None, higher: bool | None) -> tfma.MetricThreshold | None:
    if bound is None:
        return None
    threshold = tfma.MetricThreshold()
    if bound.at_least is not None:
        threshold.value_threshold.lower_bound.value = bound.at_least
    if bound.at_most is not None:
        threshold.value_threshold.upper_bound.value = bound.at_most
    if bound.worse_by_at_most is not None:
        # TFMA compares candidate minus baseline.
        change = threshold.change_threshold
        change.direction = tfma.MetricDirection.HIGHER_IS_BETTER if higher else tfma.MetricDirection.LOWER_IS_BETTER
        change.absolute.value = -bound.worse_by_at_most if higher else bound.worse_by_at_most
    return threshold
