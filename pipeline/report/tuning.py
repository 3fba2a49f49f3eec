"""The search for training options: its trials as a table, the best first, and in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from widedeep.components.common.metrics import HIGHER_IS_BETTER
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
    if not tuning:
        return None
    metric, trials = str(tuning.get("metric", "?")), list(tuning.get("trials", []))
    names = list(dict.fromkeys(name for trial in trials for name in _values(trial)))
    rows = [_row(trial, names, tuning.get("best")) for trial in _ranked(trials, metric)]
    toward = hint(metric)
    lead = f"{len(trials)} models with options chosen{_HOW.get(str(tuning.get('search')), '')}, measured on eval"
    return TuningTable(
        lead=f"{lead}{f' ({toward})' if toward else ''}. The best one's options trained this model.",
        heads=[metric_name(metric), *names, "Time"],
        rows=rows[:MOST_TRIALS],
        hidden=len(rows[MOST_TRIALS:]),
        failures=[f"Trial {_number(one)} ({_said(one)}): {one['error']}" for one in trials if one.get("error")],
    )


def told(tuning: Mapping[str, Any]) -> str:
    """The best trial in one line: auc 0.7961 on eval in trial 12, the best of 20: wide.l1 0.3."""
    trials = tuning["trials"]
    [best] = (trial for trial in trials if trial["trial"] == tuning["best"])
    failed = sum(trial["error"] is not None for trial in trials)
    among = f"{len(trials)}{f' ({failed} failed)' if failed else ''}"
    what = f"{tuning['metric']} {fixed(number(best['value']))} on eval in trial {best['trial']}"
    return f"{what}, the best of {among}: {_said(best)}"


def _ranked(trials: list[Mapping[str, Any]], metric: str) -> list[Mapping[str, Any]]:
    """Those with a value, the best first."""
    ended = [(value, trial) for trial in trials if (value := number(trial.get("value"))) is not None]
    ended.sort(key=lambda one: one[0], reverse=HIGHER_IS_BETTER.get(metric) is True)
    return [trial for _, trial in ended]


def _row(trial: Mapping[str, Any], names: list[str], best: Any) -> TrialRow:
    values = [_text(_values(trial)[name]) if name in _values(trial) else MISSING for name in names]
    cells = [fixed(number(trial.get("value"))), *values, duration(number(trial.get("seconds")))]
    return TrialRow(_number(trial), cells, best is not None and trial.get("trial") == best)


def _number(trial: Mapping[str, Any]) -> str:
    return str(trial.get("trial", "?"))


def _values(trial: Mapping[str, Any]) -> Mapping[str, Any]:
    return trial.get("values") or {}


def _said(trial: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in _values(trial).items())


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)
