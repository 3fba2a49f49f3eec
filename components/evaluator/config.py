"""The evaluation options and the feature declaration as TFMA's EvalConfig."""

from __future__ import annotations

import json
import sys

from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.options import METRICS, Bound, EvaluationOptions
from components.features.spec import FeatureSpec
from components.metrics import HIGHER_IS_BETTER

# The number of rows, among the metrics.
ROWS = "rows"
# The upper bound of what has none.
LARGEST = sys.float_info.max


def make_config(spec: FeatureSpec, options: EvaluationOptions) -> config_pb2.EvalConfig:
    """Metrics overall and for each value of the features flagged `slice`; the bounds hold overall.

    Raises:
        ConfigError: a bound on a metric that the label has not.
    """
    bounds = options.bounds_of(spec.label)
    model = config_pb2.ModelSpec(
        signature_name="serving_default",
        model_type="tf_generic",
        label_key=spec.label.key,
        prediction_key="score",
        example_weight_key=spec.weight or "",
    )
    metrics = [_metric(name, class_name, bounds.get(name)) for name, class_name in METRICS[spec.label.kind].items()]
    slices = [config_pb2.SlicingSpec()] + [
        config_pb2.SlicingSpec(feature_keys=[feature.key]) for feature in spec.features if feature.slice
    ]
    # A row counts as one, whatever its weight.
    unweighted = config_pb2.ExampleWeightOptions(unweighted=True)
    counted = config_pb2.MetricsSpec(metrics=[_metric(ROWS, "ExampleCount", None)], example_weights=unweighted)
    return config_pb2.EvalConfig(
        model_specs=[model],
        slicing_specs=slices,
        metrics_specs=[config_pb2.MetricsSpec(metrics=metrics), counted],
    )


def _metric(name: str, class_name: str, bound: Bound | None) -> config_pb2.MetricConfig:
    """TFMA's metric under our name, with its bound."""
    metric = config_pb2.MetricConfig(class_name=class_name, config=json.dumps({"name": name}))
    if bound is not None:
        # Of all rows together; the metric's own `threshold` would hold every slice to it.
        metric.per_slice_thresholds.add(
            slicing_specs=[config_pb2.SlicingSpec()], threshold=_threshold(bound, HIGHER_IS_BETTER[name])
        )
    return metric


def _threshold(bound: Bound, higher: bool | None) -> config_pb2.MetricThreshold:
    threshold = config_pb2.MetricThreshold()
    if bound.at_least is not None:
        threshold.value_threshold.lower_bound.value = bound.at_least
    # Never without: a metric that is no number must fail, and TFMA blesses no first model where values have no bound.
    threshold.value_threshold.upper_bound.value = LARGEST if bound.at_most is None else bound.at_most
    if bound.compares:
        change = threshold.change_threshold
        change.direction = (
            config_pb2.MetricDirection.HIGHER_IS_BETTER if higher else config_pb2.MetricDirection.LOWER_IS_BETTER
        )
        # TFMA compares candidate minus baseline, and that divided by the baseline.
        sign = -1 if higher else 1
        if bound.worse_by_at_most is not None:
            change.absolute.value = sign * bound.worse_by_at_most
        if bound.worse_by_share_at_most is not None:
            change.relative.value = sign * bound.worse_by_share_at_most
    return threshold
