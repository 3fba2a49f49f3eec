"""What TFX's Trainer calls."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from widedeep.components import features
from widedeep.components.common import progress
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.hyperparameters import with_hyperparameters
from widedeep.components.trainer.training.state import FOLDER as STATE
from widedeep.components.trainer.training.training_record import (
    RECORD,
    Epoch,
    TrainingRecord,
    WarmStart,
    WidePart,
    still_improving,
)
from widedeep.components.trainer.training_options import TrainingOptions


def run_fn(fn_args: Any) -> None:
    """Trains on the split `train`, watches `eval`, and exports the served model.

    Args:
        fn_args: TFX's FnArgs; `custom_config` holds `features` (the declaration) and `training` (the options),
            both as JSON; `base_model` is the served model to start from, and `hyperparameters` what the Tuner found, if
            any.

    Raises:
        ConfigError: `training.model` needs features that the declaration lacks.
        DataError: a split is empty, `eval` has one class only, the loss is no number, or the base model carries no
            state to start from.
    """
    options, spec = with_hyperparameters(
        TrainingOptions.model_validate_json(fn_args.custom_config["training"]),
        features.from_json(fn_args.custom_config["features"]),
        fn_args.hyperparameters,
    )
    transform_output = tft.TFTransformOutput(fn_args.transform_output)
    folder = _checkpoints(fn_args)
    earlier = _state(fn_args.base_model) if fn_args.base_model else None
    estimator = WideDeepEstimator(spec, transform_output, options, folder, earlier)
    base = _start(estimator, fn_args)
    curve = estimator.train(fn_args.train_files, fn_args.eval_files, progress.report)
    estimator.export(fn_args.serving_model_dir)
    estimator.save_state(_state(fn_args.serving_model_dir))
    rows, nonzero = estimator.wide_rows
    record = TrainingRecord(
        curve=curve,
        crosses=estimator.crosses,
        label=estimator.label,
        wide=WidePart(rows=rows, nonzero=nonzero),
        base=base,
        note=_note(curve, options),
    )
    record.write(os.path.join(fn_args.model_run_dir, RECORD))
    # A short training wrote no checkpoint.
    if tf.io.gfile.exists(folder):
        tf.io.gfile.rmtree(folder)


def _note(curve: list[Epoch], options: TrainingOptions) -> str | None:
    # Without patience the last epoch is kept, be it the best or not.
    if options.patience is None or not still_improving(curve, options.epochs):
        return None
    return f"the best epoch is the last of the {options.epochs} allowed: still improving: raise training.epochs."


def _start(estimator: WideDeepEstimator, fn_args: Any) -> WarmStart | None:
    """Starts from the base model, where there is one; None in a cold start."""
    if not fn_args.base_model:
        return None
    not_taken = estimator.warm_start(_state(fn_args.base_model))
    return WarmStart(
        model=fn_args.base_model, not_taken=not_taken, quality=dict(estimator.evaluate(fn_args.eval_files))
    )


def _state(serving_model: str) -> str:
    return os.path.join(os.path.dirname(serving_model), STATE)


def _checkpoints(fn_args: Any) -> str:
    """The folder of this very training, equal when the same one is started again.

    TFX gives each execution new output folders: it lies beside them, under a digest of all that decides the result.
    """
    files = [fn_args.train_files, fn_args.eval_files, fn_args.transform_output, fn_args.base_model]
    given = [fn_args.custom_config, fn_args.hyperparameters, *files]
    digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]
    return os.path.join(os.path.dirname(fn_args.model_run_dir), "unfinished", digest)
