"""What settings and features say together that can't go well, told before the first step runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import nearest
from widedeep.components.evaluator.evaluation_options import METRICS
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.gate_options import check_features
from widedeep.components.ingest.negatives.negative_options import check_negatives
from widedeep.components.trainer.hyperparameters import embedded
from widedeep.components.trainer.model.layout import Variant, make_layout
from widedeep.components.transform import packed_columns
from widedeep.pipeline.definition.config import PipelineConfig


def check_settings(config: PipelineConfig, spec: FeatureSpec) -> None:
    """Checks the settings against the features.

    Raises:
        ConfigError: names the setting, its value, and what the features have.
    """
    for check in setting_checks(config, spec):
        check()


def setting_checks(config: PipelineConfig, spec: FeatureSpec) -> list[Callable[[], None]]:
    """These checks one by one: each raises ConfigError, and none needs another to have passed."""
    tried = config.tuning.space["model"].choices if config.tuning and "model" in config.tuning.space else None
    return [
        partial(check_features, config.gate, spec),
        partial(check_negatives, config.data.negatives, spec),
        partial(
            check_models,
            spec,
            cast("Iterable[Variant]", tried or [config.training.model]),
            products=config.training.deep.products,
        ),
        partial(_check_metrics, config, spec),
        partial(_check_embeddings, config, spec),
    ]


def check_models(spec: FeatureSpec, models: Iterable[Variant], products: bool = False) -> None:
    """Checks that there are features for each model, and not too many ids for its tables.

    Args:
        spec: the declaration.
        models: that are to be trained.
        products: whether those with hidden layers have the products of embeddings.

    Raises:
        ConfigError: a model would have no input, too large a table, or nothing to multiply.
    """
    # Of what a vocabulary will hold nothing is known.
    vocabularies = {
        packed_columns.vocabulary(feature): 0 for feature in spec.features if feature.transform.vocabulary is not None
    }
    for model in models:
        layout = make_layout(spec, vocabularies, model, spec.label.classes or 1)
        if products and model in ("deep", "wide_deep"):
            layout.widths()


def _check_metrics(config: PipelineConfig, spec: FeatureSpec) -> None:
    metrics = METRICS[spec.label.kind]
    watched = config.training.stop_on
    if watched is not None and watched not in metrics:
        raise ConfigError(f"training.stop_on is '{watched}'; a {spec.label.kind} label has {', '.join(metrics)}.")
    config.training.check_label(spec.label.kind)
    config.evaluation.bounds_of(spec.label)
    config.evaluation.slice_metric(spec.label)
    if config.evaluation.slices and not any(feature.slice for feature in spec.features):
        raise ConfigError("evaluation.slices bounds what no feature in features.yaml has: give one `slice: true`.")


def _check_embeddings(config: PipelineConfig, spec: FeatureSpec) -> None:
    has_one = [feature.key for feature in spec.features if feature.deep and feature.deep.embedding]
    for name in config.tuning.space if config.tuning else ():
        key = embedded(name)
        if key and key not in has_one:
            raise ConfigError(f"tuning.space: '{name}': no feature '{key}' has an embedding: {nearest(key, has_one)}")
