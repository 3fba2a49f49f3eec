"""What each half of the model is worth: wide, deep, both, and a factorization machine, on the same transformed data."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import tensorflow_transform as tft
from scipy import stats

from widedeep.components.common import progress
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.comparison import MODELS, Comparison, Difference, Model
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.model.heads import Quality
from widedeep.components.trainer.training.training_record import Epoch, still_improving
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
    trained = {model: _Trained() for model in MODELS}
    for model, of_model in trained.items():
        for seed in seeds:
            variant = options.model_copy(update={"model": model, "seed": seed})
            estimator = WideDeepEstimator(spec, transform_output, variant)
            of_model.curves.append(estimator.train(train_files, eval_files, progress.report))
            of_model.qualities.append(estimator.evaluate(test_files))
            of_model.parameters = estimator.parameters
    joint = trained["wide_deep"]
    return [
        _comparison(model, of_model, joint if of_model is not joint else None, options)
        for model, of_model in trained.items()
    ]


@dataclass
class _Trained:
    """A model's trainings, one a seed."""

    curves: list[list[Epoch]] = field(default_factory=list)
    qualities: list[Quality] = field(default_factory=list)
    parameters: int = 0

    def values(self, metric: str) -> list[float]:
        return [quality[metric] for quality in self.qualities]


def _comparison(model: Model, trained: _Trained, joint: _Trained | None, options: TrainingOptions) -> Comparison:
    epochs = [epoch for curve in trained.curves for epoch in curve]
    seconds, examples = sum(epoch.seconds for epoch in epochs), sum(epoch.examples for epoch in epochs)
    metrics = list(trained.qualities[0])
    return Comparison(
        model,
        metrics={name: statistics.fmean(trained.values(name)) for name in metrics},
        deviations={name: _deviation(trained.values(name)) for name in metrics},
        train_seconds=seconds / len(trained.curves),
        examples_per_second=examples / seconds,
        parameters=trained.parameters,
        still_improving=options.patience is not None
        and any(still_improving(curve, options.epochs) for curve in trained.curves),
        differences={name: difference(joint.values(name), trained.values(name)) for name in metrics} if joint else {},
    )


def difference(joint: Sequence[float], other: Sequence[float]) -> Difference:
    """Compares a metric's values, pair by pair of one seed."""
    differences = [one - two for one, two in zip(joint, other, strict=True)]
    mean = statistics.fmean(differences)
    if len(differences) == 1:
        return Difference(mean, None)
    # Where all differ by the same, the test divides by 0.
    if len(set(differences)) == 1:
        return Difference(mean, 0.0 if mean else 1.0)
    return Difference(mean, float(stats.ttest_rel(joint, other).pvalue))


def _deviation(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
