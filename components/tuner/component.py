"""Tuner: TFX's, with a table of all trials."""

from __future__ import annotations

from tfx.components.tuner import component
from tfx.dsl.components.base import executor_spec

from widedeep.components.tuner.executor import Executor


class Tuner(component.Tuner):
    """Finds the training options whose model is best on eval."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
