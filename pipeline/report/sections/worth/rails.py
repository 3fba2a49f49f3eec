"""What the model is worth: the rows of the table of much simpler models."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.components.common.metrics import in_order
from widedeep.components.evaluator.rails.rails_record import Rail, RailsRecord
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import Change, between, change, count, fixed, metric_name, number, pair

# Metrics that the table has room for, on a phone, too.
_SHOWN = ("auc", "logloss", "gauc")
_NAMES = {"constant": "Label's rate alone", "logistic_regression": "Logistic regression"}
_HINTS = {
    "constant": "the same score for all rows",
    "logistic_regression": "on all features' ids, without crosses",
}


@dataclass(frozen=True)
class RailCell:
    """A metric of a simple model, and how far the candidate is from it, with the interval; None, "" for none."""

    value: str
    change: Change | None
    noise: str


@dataclass(frozen=True)
class RailRow:
    """One simple model."""

    name: str
    hint: str
    cells: list[RailCell]


@dataclass(frozen=True)
class RailTable:
    """Simple models, the simplest first, and the candidate.

    Attributes:
        lead: on which rows.
        heads: the metrics.
        rows: of the simple models.
        candidate: its metrics.
    """

    lead: str
    heads: list[str]
    rows: list[RailRow]
    candidate: list[str]


def rail_table(summary: Summary) -> RailTable | None:
    """The simple models beside the candidate; None where there are none."""
    rails = summary.rails
    if rails is None:
        return None
    metrics = [name for name in in_order(rails.candidate) if name in _SHOWN]
    return RailTable(
        lead=_lead(rails, summary.split or "test"),
        heads=[metric_name(name) for name in metrics],
        rows=[_row(rail, rails, metrics) for rail in rails.rails],
        candidate=[fixed(number(rails.candidate.get(name))) for name in metrics],
    )


def _lead(rails: RailsRecord, split: str) -> str:
    rows = f"{'all' if rails.all_rows else 'the first'} {count(rails.rows)} rows of '{split}'"
    learned = f"{count(rails.train_rows)} rows of 'train'"
    return (
        f"Much simpler models that learned from {learned if rails.all_train_rows else f'the first {learned}'}, and "
        f"this one, on {rows}. Below each number stands how far this model is from it"
    )


def _row(rail: Rail, rails: RailsRecord, metrics: list[str]) -> RailRow:
    cells = []
    for name in metrics:
        value, noise = number(rail.metrics.get(name)), pair(rail.intervals.get(name))
        changed = change(name, number(rails.candidate.get(name)), value, interval=noise)
        cells.append(RailCell(fixed(value), changed, between(noise, sign=True)))
    name = f"Popularity of {rails.candidate_key}" if rail.name == "popularity" else _NAMES[rail.name]
    hint = "each one's smoothed label rate" if rail.name == "popularity" else _HINTS[rail.name]
    return RailRow(name, hint, cells)
