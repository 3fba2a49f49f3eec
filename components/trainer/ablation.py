"""What each half of the model is worth: wide, deep and both, on the same transformed data."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import tensorflow_transform as tft

from widedeep.components.common import progress
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.comparison import MODELS, Comparison, Model
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.model.heads import Quality
from widedeep.components.trainer.training.training_record import Epoch
from widedeep.components.trainer.training_options import TrainingOptions


def compare(
    train_files: Sequence[str],
    eval_files: Sequence[str],
    test_files: Sequence[str],
    transform_graph_path: str,
    spec: FeatureSpec,
    options: TrainingOptions,
    seeds: Sequence[int] = (1,),
) -> list[Comparison]:
    """Trains each of MODELS as the Trainer would, and measures it on `test_files`.

    Args:
        train_files: patterns of transformed examples to learn from.
        eval_files: the same, for early stopping.
        test_files: the same, to measure on; neither training nor early stopping sees them.
        transform_graph_path: Transform's output `transform_graph`.
        spec: the declaration that Transform used.
        options: as for the Trainer; `model` and `seed` are replaced.
        seeds: each model is trained once a seed.

    Returns:
        One a model, in the order of MODELS.

    Raises:
        ConfigError: no feature is wide, or none is deep.
        DataError: as the Trainer's run_fn.
    """
    transform_output = tft.TFTransformOutput(transform_graph_path)
    comparisons = []
    for model in MODELS:
        runs: list[tuple[Quality, list[Epoch]]] = []
        for seed in seeds:
            variant = options.model_copy(update={"model": model, "seed": seed})
            estimator = WideDeepEstimator(spec, transform_output, variant)
            curve = estimator.train(train_files, eval_files, progress.report)
            runs.append((estimator.evaluate(test_files), curve))
        comparisons.append(_comparison(model, runs))
    return comparisons


def _comparison(model: Model, runs: Sequence[tuple[Quality, Sequence[Epoch]]]) -> Comparison:
    epochs = [epoch for _, curve in runs for epoch in curve]
    seconds, examples = sum(epoch.seconds for epoch in epochs), sum(epoch.examples for epoch in epochs)
    by_metric = {name: [quality[name] for quality, _ in runs] for name in runs[0][0]}
    return Comparison(
        model,
        metrics={name: statistics.fmean(values) for name, values in by_metric.items()},
        deviations={name: _deviation(values) for name, values in by_metric.items()},
        train_seconds=seconds / len(runs),
        examples_per_second=examples / seconds,
    )


def _deviation(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
