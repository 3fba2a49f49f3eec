"""The search on functions of the options whose best is known, instead of trainings."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common import progress
from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.trainer.hyperparameters import with_values
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.tuner.search import Search
from widedeep.components.tuner.trials import Trial
from widedeep.components.tuner.tuning_options import TuningOptions

RANGES: dict[str, Any] = {
    "wide.learning_rate": {"low": 0.001, "high": 1.0, "log": True},
    "deep.dropout": {"low": 0, "high": 0.5},
    "epochs": {"low": 1, "high": 9},
    "deep.hidden": {"choices": [[64, 32], [32], []]},
}
# A Bayesian search takes seconds for each trial that it learns, and fewer in one dimension.
DROPOUT = {"deep.dropout": RANGES["deep.dropout"]}
Made = Callable[..., Search]
# What the model of a Bayesian search says of so few trials.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def distance(options: TrainingOptions) -> float:
    """From rate 0.03, dropout 0.2 and one hidden layer: 0 there, and more everywhere else."""
    rate = math.log10(options.wide.learning_rate / 0.03)
    return rate**2 + (options.deep.dropout - 0.2) ** 2 + abs(len(options.deep.hidden) - 1)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A finished search with some settings."""

    def call(
        metric: str = "auc",
        measure: Callable[[TrainingOptions, Any], float] = lambda options, report: -distance(options),
        folder: Path = tmp_path / "search",
        **tuning: Any,
    ) -> Search:
        settled = TuningOptions.model_validate({"trials": 6, "space": RANGES} | tuning)
        start = TrainingOptions(epochs=4)
        search = Search(
            settled, metric, lambda values, report: measure(with_values(start, values), report), str(folder)
        )
        search.search()
        return search

    return call


def tried(search: Search) -> list[dict[str, Any]]:
    return [trial.values for trial in search.table.trials]


@pytest.mark.parametrize(("metric", "sign"), [("auc", -1), ("accuracy", -1), ("logloss", 1), ("rmse", 1), ("mae", 1)])
def test_the_nearest_trial_is_the_best(made: Made, metric: str, sign: int) -> None:
    search = made(metric, lambda options, report: sign * distance(options))
    distances = [sign * (trial.value or 0) for trial in search.table.trials]
    assert len(set(distances)) == 6
    assert search.table.best == 1 + distances.index(min(distances))
    # TFX takes the best from Keras Tuner.
    best = search.get_best_hyperparameters()[0].values
    assert best["deep.dropout"] == search.table.trials[search.table.best - 1].values["deep.dropout"]


@pytest.mark.parametrize("how", ["random", "bayesian"])
def test_more_of_one_and_less_of_the_other_is_the_same_search(made: Made, tmp_path: Path, how: str) -> None:
    settings = {"search": how, "space": DROPOUT, "trials": 4}
    rising = made("auc", lambda options, report: -distance(options), tmp_path / "1", **settings)
    falling = made("rmse", lambda options, report: distance(options), tmp_path / "2", **settings)
    assert tried(rising) == tried(falling)


@pytest.mark.parametrize("how", ["random", "bayesian"])
def test_the_seed_decides(made: Made, tmp_path: Path, how: str) -> None:
    first, again, other = (
        made(folder=tmp_path / str(at), search=how, seed=seed, space=DROPOUT, trials=4)
        for at, seed in enumerate((5, 5, 6))
    )
    assert tried(first) == tried(again)
    assert tried(first) != tried(other)


def test_a_bayesian_search_learns_from_half_of_its_trials(made: Made, tmp_path: Path) -> None:
    learned = made(folder=tmp_path / "1", search="bayesian", space=DROPOUT)
    drawn = made(folder=tmp_path / "2", space=DROPOUT)
    assert tried(learned)[:3] == tried(drawn)[:3]
    assert all(ours != theirs for ours, theirs in zip(tried(learned)[3:], tried(drawn)[3:], strict=True))
    short = made(folder=tmp_path / "3", search="bayesian", space=DROPOUT, trials=3)
    assert tried(short)[0] == tried(drawn)[0]
    assert tried(short)[1] != tried(drawn)[1]
    # A parabola has one summit, which it finds.
    assert learned.table.best is not None
    assert learned.table.best > 3
    assert tried(learned)[learned.table.best - 1]["deep.dropout"] == pytest.approx(0.2, abs=0.01)


def test_each_value_is_of_its_range_and_reaches_the_training(made: Made) -> None:
    seen: list[TrainingOptions] = []

    def measure(options: TrainingOptions, report: Any) -> float:
        seen.append(options)
        return 0.5

    search = made(measure=measure, trials=40)
    assert len(seen) == 40
    for trial, options in zip(search.table.trials, seen, strict=True):
        assert trial.values == {
            "wide.learning_rate": options.wide.learning_rate,
            "deep.dropout": options.deep.dropout,
            "epochs": options.epochs,
            "deep.hidden": list(options.deep.hidden),
        }
        assert options.wide.l1 == TrainingOptions().wide.l1
    rates = [options.wide.learning_rate for options in seen]
    assert all(0.001 <= rate <= 1 for rate in rates)
    # Log-uniform: half below 0.0316; of 40 within four standard deviations.
    assert abs(sum(rate < 0.001**0.5 for rate in rates) - 20) < 4 * 10**0.5
    assert all(0 <= options.deep.dropout <= 0.5 for options in seen)
    assert {options.epochs for options in seen} == set(range(1, 10))
    assert {options.deep.hidden for options in seen} == {(64, 32), (32,), ()}


def test_every_step_is_tried_and_none_twice(made: Made) -> None:
    search = made(space={"deep.dropout": {"low": 0, "high": 0.5, "step": 0.1}}, trials=30)
    assert sorted(values["deep.dropout"] for values in tried(search)) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_bayesian_search_trains_no_options_twice(made: Made) -> None:
    seen: list[TrainingOptions] = []
    space = {"deep.hidden": RANGES["deep.hidden"]}

    def measure(options: TrainingOptions, report: Any) -> float:
        seen.append(options)
        return -distance(options)

    search = made(measure=measure, space=space, search="bayesian")
    assert len(search.table.trials) == 6
    assert len(seen) == len({options.deep.hidden for options in seen}) <= 3


def test_whoever_watches_hears_of_the_trial(made: Made) -> None:
    def measure(options: TrainingOptions, report: Any) -> float:
        report({"step": 3})
        return 0.5

    heard: list[dict[str, Any]] = []
    with progress.listener(heard.append):
        made(measure=measure, trials=2)
    assert heard == [{"step": 3, "trial": 1, "trials": 2}, {"step": 3, "trial": 2, "trials": 2}]


def test_a_trial_that_breaks_off_is_no_end(made: Made) -> None:
    def measure(options: TrainingOptions, report: Any) -> float:
        if options.epochs > 3:
            raise DataError("the loss is not a number")
        return float(options.epochs)

    search = made(measure=measure, space={"epochs": {"low": 1, "high": 9}}, trials=30)
    rows = {trial.values["epochs"]: trial for trial in search.table.trials}
    assert set(rows) == set(range(1, 10))
    assert {epochs for epochs, trial in rows.items() if trial.error == "the loss is not a number"} == set(range(4, 10))
    assert {epochs: trial.value for epochs, trial in rows.items() if trial.error is None} == {1: 1.0, 2: 2.0, 3: 3.0}
    assert search.table.best == rows[3].trial


def test_where_every_trial_breaks_off_the_search_does(made: Made) -> None:
    def measure(options: TrainingOptions, report: Any) -> float:
        raise DataError("the split is empty")

    with pytest.raises(DataError) as caught:
        made(measure=measure, space={"epochs": {"low": 1, "high": 5}}, trials=5)
    message = str(caught.value)
    assert message.startswith("tuning: none of 5 trials ended well. The last, with {'epochs': ")
    assert message.endswith("}: the split is empty")


@pytest.mark.parametrize("error", [ConfigError("no feature is deep"), RuntimeError("a bug"), KeyboardInterrupt()])
def test_what_is_no_fault_of_the_values_ends_the_search_as_it_is(made: Made, error: BaseException) -> None:
    seen = []

    def measure(options: TrainingOptions, report: Any) -> float:
        seen.append(options)
        raise error

    with pytest.raises(type(error)) as caught:
        made(measure=measure)
    assert caught.value is error
    assert len(seen) == 1


def test_a_killed_search_carries_on(made: Made, tmp_path: Path) -> None:
    seen: list[TrainingOptions] = []

    def measure(options: TrainingOptions, report: Any) -> float:
        seen.append(options)
        if len(seen) == 2:
            raise DataError("the loss is not a number")
        if len(seen) == 5:
            raise KeyboardInterrupt
        return -distance(options)

    with pytest.raises(KeyboardInterrupt):
        made(measure=measure, search="bayesian", space=DROPOUT)
    search = made(measure=measure, search="bayesian", space=DROPOUT)
    # Four were done, the fifth is begun again.
    assert len(seen) == 5 + 2
    assert seen[4] == seen[5]

    seen.clear()

    def unbroken(options: TrainingOptions, report: Any) -> float:
        seen.append(options)
        if len(seen) == 2:
            raise DataError("the loss is not a number")
        return -distance(options)

    whole = made(measure=unbroken, search="bayesian", space=DROPOUT, folder=tmp_path / "other")
    assert [(trial.values, trial.value, trial.error) for trial in search.table.trials] == [
        (trial.values, trial.value, trial.error) for trial in whole.table.trials
    ]


def test_what_a_kill_left_of_keras_tuners_own_record_is_not_read(made: Made, tmp_path: Path) -> None:
    made()
    for path in (tmp_path / "search" / "keras_tuner").glob("**/*.json"):
        path.write_text('{"half')
    assert len(made().table.trials) == 6


def test_of_equal_trials_the_first_is_the_best(made: Made) -> None:
    search = made(measure=lambda options, report: 0.5)
    assert search.table.best == 1
    assert search.get_best_hyperparameters()[0].values["epochs"] == search.table.trials[0].values["epochs"]


def test_a_trial_says_how_long_it_took(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 100, 4))
    monkeypatch.setattr("widedeep.components.tuner.search.time.monotonic", lambda: next(clock))
    [trial] = made(trials=1).table.trials
    assert isinstance(trial, Trial)
    assert trial.seconds == 4
