"""The search for training options: its trials as a table, the best first, and in one line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from widedeep.components.common.metrics import HIGHER_IS_BETTER
from widedeep.components.tuner.trials import Trial, Trials
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import MISSING, duration, fixed, hint, metric_name, number

MOST_TRIALS = 20
_HOW = {"random": " at random", "bayesian": " by Bayesian optimisation"}


@dataclass(frozen=True)
class TrialRow:
    """One trial: its number, and a cell a head of the table."""

    trial: str
    cells: list[str]
    best: bool


@dataclass(frozen=True)
class TuningTable:
    """The trials with the best models; `failures` says which trials broke off, and why."""

    lead: str
    heads: list[str]
    rows: list[TrialRow]
    hidden: int
    failures: list[str]


def tuning_table(summary: Summary) -> TuningTable | None:
    """The trials, the best first; None where there was no search."""
    tuning = summary.tuning
    if tuning is None:
        return None
    metric, trials = tuning.metric, tuning.trials
    names = list(dict.fromkeys(name for trial in trials for name in trial.values))
    rows = [_row(trial, names, tuning.best) for trial in _ranked(trials, metric)]
    toward = hint(metric)
    lead = f"{len(trials)} models with options chosen{_HOW.get(tuning.search, '')}, measured on eval"
    return TuningTable(
        lead=f"{lead}{f' ({toward})' if toward else ''}. The best one's options trained this model.",
        heads=[metric_name(metric), *names, "Time"],
        rows=rows[:MOST_TRIALS],
        hidden=len(rows[MOST_TRIALS:]),
        failures=[f"Trial {trial.trial} ({_options(trial)}): {trial.error}" for trial in trials if trial.error],
    )


def told(tuning: Trials) -> str:
    """The best trial in one line: auc 0.7961 on eval in trial 12, the best of 20: wide.l1 0.3."""
    trials = tuning.trials
    [best] = (trial for trial in trials if trial.trial == tuning.best)
    failed = sum(trial.error is not None for trial in trials)
    among = f"{len(trials)}{f' ({failed} failed)' if failed else ''}"
    what = f"{tuning.metric} {fixed(number(best.value))} on eval in trial {best.trial}"
    return f"{what}, the best of {among}: {_options(best)}"


def _ranked(trials: Sequence[Trial], metric: str) -> list[Trial]:
    """Those with a value, the best first."""
    ended = [(value, trial) for trial in trials if (value := number(trial.value)) is not None]
    ended.sort(key=lambda item: item[0], reverse=HIGHER_IS_BETTER.get(metric) is True)
    return [trial for _, trial in ended]


def _row(trial: Trial, names: Sequence[str], best: int | None) -> TrialRow:
    values = [_text(trial.values[name]) if name in trial.values else MISSING for name in names]
    cells = [fixed(number(trial.value)), *values, duration(number(trial.seconds))]
    return TrialRow(str(trial.trial), cells, trial.trial == best)


def _options(trial: Trial) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in trial.values.items())


def _text(value: JsonValue) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)
