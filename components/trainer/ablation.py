"""What each half of the model is worth: wide, deep, both, and other models, on the same transformed data."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

import tensorflow_transform as tft
from scipy import stats

from widedeep.components.common import progress
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.boosted_trees import boosted_trees
from widedeep.components.trainer.comparison import MODELS, Compared, Comparison, Difference
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
    rails: bool = False,
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
        rails: whether to train LightGBM's trees, too.

    Returns:
        One a model, in the order of MODELS; then that of the trees.

    Raises:
        ConfigError: no feature is wide, or none is deep.
        DataError: as the Trainer's run_fn.
    """
    transform_output = tft.TFTransformOutput(transform_graph_path)
    trained: dict[Compared, _Trained] = {model: _Trained() for model in MODELS}
    for model, of_model in trained.items():
        for seed in seeds:
            variant = options.model_copy(update={"model": model, "seed": seed})
            estimator = WideDeepEstimator(spec, transform_output, variant)
            curve = estimator.train(train_files, eval_files, progress.report)
            of_model.add(estimator.evaluate(test_files), estimator.parameters, _passes(curve))
            of_model.cut_off |= options.patience is not None and still_improving(curve, options.epochs)
    if rails:
        # By its defaults nothing in it is drawn at random: each seed would give the same.
        files = (train_files, eval_files, test_files)
        trees = boosted_trees(*files, transform_output, spec, seeds[0])
        trained["lightgbm"] = _Trained()
        for _ in seeds:
            trained["lightgbm"].add(trees.quality, trees.leaves, (trees.seconds, trees.examples))
    joint = trained["wide_deep"]
    return [
        _comparison(model, of_model, joint if of_model is not joint else None) for model, of_model in trained.items()
    ]


@dataclass
class _Trained:
    """A model's trainings, one a seed; `passes` are the seconds over the train split, and the examples in them."""

    qualities: list[Quality] = field(default_factory=list)
    passes: list[tuple[float, int]] = field(default_factory=list)
    parameters: int = 0
    cut_off: bool = False

    def add(self, quality: Quality, parameters: int, passes: tuple[float, int]) -> None:
        self.qualities.append(quality)
        self.passes.append(passes)
        self.parameters = parameters

    def values(self, metric: str) -> list[float]:
        return [quality[metric] for quality in self.qualities]


def _passes(curve: Sequence[Epoch]) -> tuple[float, int]:
    return sum(epoch.seconds for epoch in curve), sum(epoch.examples for epoch in curve)


def _comparison(model: Compared, trained: _Trained, joint: _Trained | None) -> Comparison:
    seconds, examples = map(sum, zip(*trained.passes, strict=True))
    metrics = list(trained.qualities[0])
    return Comparison(
        model,
        metrics={name: statistics.fmean(trained.values(name)) for name in metrics},
        deviations={name: _deviation(trained.values(name)) for name in metrics},
        train_seconds=seconds / len(trained.passes),
        examples_per_second=examples / seconds,
        parameters=trained.parameters,
        still_improving=trained.cut_off,
        differences={name: difference(joint.values(name), trained.values(name)) for name in metrics} if joint else {},
    )


def difference(joint: Sequence[float], other: Sequence[float]) -> Difference:
    """Compares a metric's values, pair by pair of one seed."""
    differences = [ours - theirs for ours, theirs in zip(joint, other, strict=True)]
    mean = statistics.fmean(differences)
    if len(differences) == 1:
        return Difference(mean, None)
    # Where all differ by the same, the test divides by 0.
    if len(set(differences)) == 1:
        return Difference(mean, 0.0 if mean else 1.0)
    return Difference(mean, float(stats.ttest_rel(joint, other).pvalue))


def _deviation(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
