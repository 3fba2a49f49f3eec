"""A search with Keras Tuner over training options: no Keras model is needed, a measured number is."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
from keras_tuner import HyperParameters, Objective, Oracle
from keras_tuner.engine import base_tuner
from keras_tuner.errors import FailedTrialError, FatalError
from keras_tuner.oracles import BayesianOptimizationOracle, RandomSearchOracle

from widedeep.components.common import progress
from widedeep.components.common.errors import DataError, RecordError
from widedeep.components.common.metrics import HIGHER_IS_BETTER
from widedeep.components.common.progress import Listener, TrainingProgress
from widedeep.components.trainer.hyperparameters import decode, encode
from widedeep.components.tuner.trials import FILE, Trial, Trials
from widedeep.components.tuner.tuning_options import Dimension, TuningOptions

# Trains with some values by dotted name, telling its progress, and returns the metric on eval.
Measure = Callable[[Mapping[str, Any], Listener], float]


class Search(base_tuner.BaseTuner):
    """Tries values until the trials are spent or the space is, and keeps a table of them.

    Equal settings try the same values in the same order, as long as they measure the same. A trial whose training
    breaks off for its values (DataError: the loss is no number) has failed, and the search goes on.
    """

    def __init__(self, tuning: TuningOptions, metric: str, measure: Measure, folder: str) -> None:
        """Prepares a search.

        Args:
            tuning: the space, and how to search it.
            metric: what `measure` measures.
            measure: trains and measures.
            folder: for the finished trials; the same search with the same folder does not train those again.
        """
        self._metric, self._trials = metric, list[Trial]()
        self._tuning = tuning
        self._measure, self._folder = measure, folder
        self._known = _finished_trials(folder)
        # Keras Tuner's own record is not written whole or not at all: it is no place to carry on from.
        super().__init__(_oracle(tuning, metric), directory=folder, project_name="keras_tuner", overwrite=True)

    def search(self) -> None:
        """Runs all trials.

        Raises:
            DataError: no trial ended well.
            Exception: what `measure` raised otherwise.
        """
        try:
            super().search()
        except FatalError as error:
            raise (error.__cause__ or error) from None
        if self.table.best is None:
            last = self._trials[-1]
            raise DataError(
                f"tuning: none of {last.trial} trials ended well. The last, with {last.values}: {last.error}"
            )

    @property
    def table(self) -> Trials:
        """The trials so far."""
        return Trials.of(self._metric, self._tuning.search, self._trials)

    def run_trial(self, trial: Any) -> float:
        """Measures one trial's values, unless that has been done."""
        values = decode(trial.hyperparameters.values)
        same = next((trial for trial in [*self._known, *self._trials] if trial.values == values), None)
        number = len(self._trials) + 1
        result = same.model_copy(update={"trial": number}) if same else self._measure_trial(number, values)
        self._trials.append(result)
        self.table.write(os.path.join(self._folder, FILE))
        logging.info("trial %d of %d: %s", number, self._tuning.trials, result)
        if result.value is None:
            raise FailedTrialError(result.error)
        return result.value

    def _measure_trial(self, number: int, values: dict[str, Any]) -> Trial:
        def report(state: TrainingProgress) -> None:
            progress.report({**state, "trial": number, "trials": self._tuning.trials})

        started = time.monotonic()
        value, error = None, None
        try:
            value = self._measure(values, report)
        except DataError as broken:
            error = str(broken)
        except Exception as unforeseen:
            # Keras Tuner would count any other one as a failed trial.
            raise FatalError from unforeseen
        seconds = round(time.monotonic() - started, 2)
        return Trial(trial=number, values=values, value=value, seconds=seconds, error=error)


def _finished_trials(folder: str) -> list[Trial]:
    """The trials that a killed search left in its folder; a file that this version can't read is none of them."""
    path = os.path.join(folder, FILE)
    if not tf.io.gfile.exists(path):
        return []
    try:
        return Trials.read(path).trials
    except RecordError as error:
        logging.warning("the search starts anew: %s", error)
        return []


def _oracle(tuning: TuningOptions, metric: str) -> Oracle:
    space = HyperParameters()
    for name, dimension in tuning.space.items():
        _declare(space, name, dimension)
    settings = {
        "objective": Objective(metric, "max" if HIGHER_IS_BETTER[metric] else "min"),
        "max_trials": tuning.trials,
        "hyperparameters": space,
        "seed": tuning.seed,
        "max_consecutive_failed_trials": tuning.trials + 1,
    }
    if tuning.search == "random":
        return RandomSearchOracle(**settings)
    # By itself it would draw 3 trials a dimension at random before it begins to learn: in a short search, all.
    drawn = max(1, min(3 * len(tuning.space), tuning.trials // 2))
    return BayesianOptimizationOracle(num_initial_points=drawn, **settings)


def _declare(space: HyperParameters, name: str, dimension: Dimension) -> None:
    values = dimension.values
    if values is not None:
        space.Choice(name, [encode(value) for value in values])
        return
    number = space.Int if isinstance(dimension.low, int) else space.Float
    number(name, dimension.low, dimension.high, sampling="log" if dimension.log else "linear")
