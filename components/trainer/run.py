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
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.exchange.exchange import ALONE, Exchange
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
from widedeep.components.trainer.workers.supervision import train_together

# What a training needs of TFX's FnArgs: JSON, all of it.
_WORK = (
    "custom_config",
    "hyperparameters",
    "train_files",
    "eval_files",
    "transform_output",
    "base_model",
    "serving_model_dir",
    "model_run_dir",
)


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
        WideDeepError: of several workers one was lost.
    """
    options, _ = _given(fn_args)
    folder = _checkpoints(fn_args)
    if options.workers > 1:
        train_together(
            {name: getattr(fn_args, name) for name in _WORK}, os.path.join(folder, "workers"), options.workers
        )
    else:
        train(fn_args)
    # A short training wrote no checkpoint.
    if tf.io.gfile.exists(folder):
        tf.io.gfile.rmtree(folder)


def train(fn_args: Any, exchange: Exchange = ALONE) -> None:
    """Trains as `run_fn`, with the workers that this process is one of; the chief of them writes what comes of it.

    Args:
        fn_args: see `run_fn`.
        exchange: the workers.

    Raises:
        ConfigError, DataError: see `run_fn`.
    """
    options, spec = _given(fn_args)
    transform_output = tft.TFTransformOutput(fn_args.transform_output)
    earlier = _state(fn_args.base_model) if fn_args.base_model else None
    estimator = WideDeepEstimator(spec, transform_output, options, _checkpoints(fn_args), earlier, exchange)
    base = _start(estimator, fn_args, is_chief=exchange.number == 0)
    curve = estimator.train(fn_args.train_files, fn_args.eval_files, progress.report)
    if exchange.number > 0:
        return
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


def _given(fn_args: Any) -> tuple[TrainingOptions, FeatureSpec]:
    return with_hyperparameters(
        TrainingOptions.model_validate_json(fn_args.custom_config["training"]),
        features.from_json(fn_args.custom_config["features"]),
        fn_args.hyperparameters,
    )


def _note(curve: list[Epoch], options: TrainingOptions) -> str | None:
    # Without patience the last epoch is kept, be it the best or not.
    if options.patience is None or not still_improving(curve, options.epochs):
        return None
    return f"the best epoch is the last of the {options.epochs} allowed: still improving: raise training.epochs."


def _start(estimator: WideDeepEstimator, fn_args: Any, is_chief: bool) -> WarmStart | None:
    """Starts from the base model, where there is one; what the chief records of it, None in a cold start."""
    if not fn_args.base_model:
        return None
    not_taken = estimator.warm_start(_state(fn_args.base_model))
    if not is_chief:
        return None
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
