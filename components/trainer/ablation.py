"""What each half of the model is worth: wide, deep and both, on the same transformed data."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, Literal

import tensorflow_transform as tft

from widedeep.components.common import progress
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.training.training_record import Epoch
from widedeep.components.trainer.training_options import TrainingOptions

MODELS: tuple[Literal["wide", "deep", "wide_deep"], ...] = ("wide", "deep", "wide_deep")


def compare(
    train_files: Sequence[str],
    eval_files: Sequence[str],
    test_files: Sequence[str],
    transform_graph_path: str,
    spec: FeatureSpec,
    options: TrainingOptions,
    seeds: Sequence[int] = (1,),
) -> list[dict[str, Any]]:
    """Trains each of MODELS as the Trainer would, and measures it on `test_files`.

    Args:
        train_files: patterns of transformed examples to learn from.
        eval_files: the same, for early stopping.
        test_files: the same, to measure on; neither training nor early stopping sees them.
        transform_graph_path: Transform's output `transform_graph`.
        spec: the declaration that Transform used.
        options: as for the Trainer; `model` and `seed` are replaced.
        seeds: each model is trained once a seed, and its row holds the means.

    Returns:
        A row a model: model, the metrics of its label (of a binary one auc, logloss, accuracy), train_seconds (passes
        over the train split alone), examples_per_second, and the metrics' standard deviations over the seeds, as
        auc_sd (0 with one seed).

    Raises:
        ConfigError: no feature is wide, or none is deep.
        DataError: as the Trainer's run_fn.
    """
    transform_output = tft.TFTransformOutput(transform_graph_path)
    rows = []
    for model in MODELS:
        runs = []
        for seed in seeds:
            variant = options.model_copy(update={"model": model, "seed": seed})
            estimator = WideDeepEstimator(spec, transform_output, variant)
            curve = estimator.train(train_files, eval_files, progress.report)
            runs.append((estimator.evaluate(test_files), curve))
        rows.append({"model": model, **_row(runs)})
    return rows


def _row(runs: list[tuple[Any, list[Epoch]]]) -> dict[str, float]:
    epochs = [epoch for _, curve in runs for epoch in curve]
    seconds, examples = sum(epoch.seconds for epoch in epochs), sum(epoch.examples for epoch in epochs)
    qualities = [quality for quality, _ in runs]
    return {
        **{name: statistics.fmean(quality[name] for quality in qualities) for name in qualities[0]},
        "train_seconds": seconds / len(runs),
        "examples_per_second": examples / seconds,
        **{f"{name}_sd": _deviation([quality[name] for quality in qualities]) for name in qualities[0]},
    }


def _deviation(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
