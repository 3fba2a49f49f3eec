"""What TFX's Trainer calls."""

from __future__ import annotations

import json
import os
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from components import features, progress
from components.features.spec import FeatureSpec
from components.trainer.export import ServedModel
from components.trainer.inputs import batches
from components.trainer.layout import Layout, make_layout
from components.trainer.model import WideDeepModel
from components.trainer.options import TrainingOptions
from components.trainer.training import JointTrainer, fit
from components.transform import columns

CURVE = "training.json"
# Evaluation keeps no gradients: larger batches are free.
_EVALUATION_BATCH = 4096


def run_fn(fn_args: Any) -> None:
    """Trains on the split `train`, watches `eval`, and exports the served model.

    Args:
        fn_args: TFX's FnArgs; `custom_config` holds `features` (the declaration) and `training` (the options),
            both as JSON.
    """
    spec = features.from_json(fn_args.custom_config["features"])
    options = TrainingOptions.model_validate_json(fn_args.custom_config["training"])
    transform_output = tft.TFTransformOutput(fn_args.transform_output)
    tf.random.set_seed(options.seed)

    layout = make_layout(spec, vocabulary_sizes(spec, transform_output))
    model = WideDeepModel(layout, options)
    trainer = JointTrainer(model, spec, options)
    parsing = parsing_spec(spec, layout)
    curve = fit(
        trainer,
        batches(fn_args.train_files, parsing, options.batch_size, shuffle_seed=options.seed),
        batches(fn_args.eval_files, parsing, _EVALUATION_BATCH),
        options.epochs,
        progress.report,
    )
    ServedModel(spec, transform_output, model).save(fn_args.serving_model_dir)
    tf.io.gfile.makedirs(fn_args.model_run_dir)
    with tf.io.gfile.GFile(os.path.join(fn_args.model_run_dir, CURVE), "w") as file:
        file.write(json.dumps(curve, indent=1))


def vocabulary_sizes(spec: FeatureSpec, transform_output: tft.TFTransformOutput) -> dict[str, int]:
    """Strings in each vocabulary that Transform made, by the vocabulary's name."""
    names = {columns.vocabulary(feature) for feature in spec.features if feature.transform.vocabulary}
    return {name: transform_output.vocabulary_size_by_name(name) for name in sorted(names)}


def parsing_spec(spec: FeatureSpec, layout: Layout) -> dict[str, object]:
    """How to parse the transformed examples: the model's inputs, the label and the weight."""
    parsing: dict[str, object] = {name: tf.io.VarLenFeature(tf.int64) for name in layout.id_columns}
    parsing.update({name: tf.io.FixedLenFeature([1], tf.float32) for name in layout.dense})
    parsing[spec.label.key] = tf.io.VarLenFeature(tf.int64)
    if spec.weight:
        parsing[spec.weight] = tf.io.VarLenFeature(tf.float32)
    return parsing
