"""What TFX's Trainer calls."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from components import features, progress
from components.features.spec import FeatureSpec
from components.trainer.export import ServedModel
from components.trainer.fitting import Report, fit
from components.trainer.inputs import batch_signature, batches, parsing_spec
from components.trainer.layout import make_layout
from components.trainer.model import WideDeepModel
from components.trainer.options import TrainingOptions
from components.trainer.training import JointTrainer, Quality, evaluate
from components.transform import columns

CURVE = "training.json"
# Evaluation keeps no gradients: larger batches are free.
_EVALUATION_BATCH = 4096


def run_fn(fn_args: Any) -> None:
    """Trains on the split `train`, watches `eval`, and exports the served model.

    Args:
        fn_args: TFX's FnArgs; `custom_config` holds `features` (the declaration) and `training` (the options),
            both as JSON.

    Raises:
        ConfigError: `training.model` needs features that the declaration lacks.
        DataError: a split is empty, `eval` has one class only, or the loss stopped being a number.
    """
    spec = features.from_json(fn_args.custom_config["features"])
    options = TrainingOptions.model_validate_json(fn_args.custom_config["training"])
    transform_output = tft.TFTransformOutput(fn_args.transform_output)
    trained = train(fn_args.train_files, fn_args.eval_files, transform_output, spec, options, progress.report)
    ServedModel(spec, transform_output, trained.model).save(fn_args.serving_model_dir)
    tf.io.gfile.makedirs(fn_args.model_run_dir)
    with tf.io.gfile.GFile(os.path.join(fn_args.model_run_dir, CURVE), "w") as file:
        file.write(json.dumps(trained.curve, indent=1))


@dataclass(frozen=True)
class Trained:
    """A trained model; `curve` has a row an epoch (see `fit`)."""

    model: WideDeepModel
    trainer: JointTrainer
    parsing: dict[str, Any]
    curve: list[dict[str, Any]]

    def evaluate(self, files: Sequence[str]) -> Quality:
        """Quality on other transformed examples."""
        return evaluate(self.trainer, batches(files, self.parsing, _EVALUATION_BATCH))


def train(
    train_files: Sequence[str],
    eval_files: Sequence[str],
    transform_output: tft.TFTransformOutput,
    spec: FeatureSpec,
    options: TrainingOptions,
    report: Report,
) -> Trained:
    """Builds and trains a model: equal inputs and seed give equal weights, bit for bit, on one machine.

    Args:
        train_files: patterns of gzipped TFRecords of transformed examples, to learn from.
        eval_files: the same, to watch.
        transform_output: what Transform learned.
        spec: the declaration that Transform used.
        options: variant, optimizers, epochs, seed.
        report: is told the progress (see `fit`).
    """
    tf.random.set_seed(options.seed)
    layout = make_layout(spec, vocabulary_sizes(spec, transform_output))
    model = WideDeepModel(layout, options)
    parsing = parsing_spec(spec, layout)
    trainer = JointTrainer(model, spec, options, batch_signature(parsing))
    shuffled = batches(train_files, parsing, options.batch_size, shuffle_seed=options.seed)
    curve = fit(trainer, shuffled, batches(eval_files, parsing, _EVALUATION_BATCH), options, report)
    return Trained(model, trainer, parsing, curve)


def vocabulary_sizes(spec: FeatureSpec, transform_output: tft.TFTransformOutput) -> dict[str, int]:
    """Strings in each vocabulary that Transform made, by the vocabulary's name."""
    names = {columns.vocabulary(feature) for feature in spec.features if feature.transform.vocabulary}
    return {name: transform_output.vocabulary_size_by_name(name) for name in sorted(names)}
