"""What TFX's Tuner calls."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

import tensorflow_transform as tft
from tfx.components.tuner.component import TunerFnResult

from widedeep.components import features
from widedeep.components.common.progress import Listener
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.hyperparameters import with_embeddings, with_values
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.tuner.search import Search
from widedeep.components.tuner.tuning_options import TuningOptions


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """A search whose trials train as the Trainer would, from a cold start, and are measured on the split `eval`.

    Args:
        fn_args: TFX's FnArgs; `custom_config` holds `features` (the declaration), `training` and `tuning` (the
            options), all as JSON; `working_dir` keeps the finished trials of a search that is killed.
    """
    spec = features.from_json(fn_args.custom_config["features"])
    training = TrainingOptions.model_validate_json(fn_args.custom_config["training"])
    tuning = TuningOptions.model_validate_json(fn_args.custom_config["tuning"])
    transform_output = tft.TFTransformOutput(fn_args.transform_graph_path)
    watched = training.stop_on or head(spec.label).watched

    def measure(values: Mapping[str, Any], report: Listener) -> float:
        # The tables of the last trial's model are held in cycles, which Python would let grow for some trials.
        gc.collect()
        estimator = WideDeepEstimator(with_embeddings(spec, values), transform_output, with_values(training, values))
        curve = estimator.train(fn_args.train_files, fn_args.eval_files, report)
        return next(epoch.metric(watched) for epoch in curve if epoch.kept)

    return TunerFnResult(Search(tuning, watched, measure, fn_args.working_dir), {})
