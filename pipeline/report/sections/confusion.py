"""What the rows of each class were taken for, as a table of shaded cells."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import count, number, share


@dataclass(frozen=True)
class Cell:
    """The share of a class's rows that were taken for a class; `shade` is how dark it is, `right` where they agree."""

    text: str
    shade: str
    right: bool


@dataclass(frozen=True)
class Confusion:
    """Heads of the columns, and a row a class: its name, its rows, its cells."""

    heads: list[str]
    rows: list[tuple[str, str, list[Cell]]]


def confusion_table(summary: Summary) -> Confusion | None:
    """The candidate's; None where there is none."""
    candidate = summary.plots.models.get("candidate")
    if candidate is None or candidate.confusion is None:
        return None
    confusion = candidate.confusion
    classes = [str(name) for name in confusion.classes]
    rows = []
    for place, (name, weight, shares) in enumerate(zip(classes, confusion.rows, confusion.shares, strict=False)):
        cells = [_cell(number(part), place == column) for column, part in enumerate(shares)]
        rows.append((name, count(number(weight)), cells[: len(classes) + 1]))
    return Confusion([*classes, "other"], rows) if rows else None


def _cell(value: float | None, right: bool) -> Cell:
    return Cell(share(value), f"{min(max(value or 0.0, 0.0), 1.0):.2f}", right)
