"""The feature declaration as TFMA's EvalConfig: what is measured, of which models, on which slices."""

from __future__ import annotations

import json

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from widedeep.components.evaluator.evaluation_options import METRICS
from widedeep.components.evaluator.measurement import ROWS
from widedeep.components.features.spec import FeatureSpec

# What is evaluated is what is served.
SIGNATURE, SCORE_KEY = "serving_default", "score"


def make_config(spec: FeatureSpec, has_baseline: bool) -> config_pb2.EvalConfig:
    """The label's metrics overall and for each value of the features flagged `slice`.

    It holds no thresholds: TFMA's take no interval into account; see verdict.py.
    """
    model = config_pb2.ModelSpec(
        signature_name=SIGNATURE,
        model_type="tf_generic",
        label_key=spec.label.key,
        prediction_key=SCORE_KEY,
        example_weight_key=spec.weight or "",
    )
    slices = [config_pb2.SlicingSpec()] + [
        config_pb2.SlicingSpec(feature_keys=[feature.key]) for feature in spec.features if feature.slice
    ]
    metrics = [_metric(name, class_name) for name, class_name in METRICS[spec.label.kind].items()]
    # A row counts as one, whatever its weight.
    unweighted = config_pb2.ExampleWeightOptions(unweighted=True)
    counted = config_pb2.MetricsSpec(metrics=[_metric(ROWS, "ExampleCount")], example_weights=unweighted)
    config = config_pb2.EvalConfig(
        model_specs=[model],
        slicing_specs=slices,
        metrics_specs=[config_pb2.MetricsSpec(metrics=metrics), counted],
    )
    return tfma.utils.update_eval_config_with_defaults(config, has_baseline=has_baseline)


def _metric(name: str, class_name: str) -> config_pb2.MetricConfig:
    """TFMA's metric under our name."""
    return config_pb2.MetricConfig(class_name=class_name, config=json.dumps({"name": name}))
