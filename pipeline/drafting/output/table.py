"""What was decided, as a person at the terminal sees it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from widedeep.pipeline.drafting.decisions import Draft, DraftedColumn
from widedeep.pipeline.drafting.rules.features import percent


def summary(draft: Draft, aside: Iterable[str]) -> RenderableType:
    """The label, the columns, the crosses, the splits, and what to look at.

    Args:
        draft: what was decided.
        aside: what is said of files that are not read, or not as they are; '' says nothing.
    """
    # Text, since a column's name may look like rich's markup.
    table = Table(box=None, pad_edge=False)
    for head in ("column", "kind", "side", "transform", "values", "missing", "alone", "why"):
        table.add_column(head, overflow="fold", justify="right" if head in ("values", "missing", "alone") else "left")
    table.add_row(*map(Text, [draft.label, "label", "", "", "", "", "", draft.rule.reason]))
    for name, column in draft.columns.items():
        table.add_row(*(Text(cell) for cell in _cells(name, column)), style=None if column.drafted else "dim")
    lines = [
        Text(f"cross   {' x '.join(cross.keys)}: about {cross.combinations:,} pairs, loss {-cross.gain:.2%}")
        for cross in draft.crosses
    ]
    lines.append(Text(f"splits  {draft.split.reason}"))
    lines.append(Text(f"train   {draft.training[1]}"))
    lines += [Text(f"files   {said}") for said in aside if said]
    if not any(column.side and column.side.side == "candidate" for column in draft.columns.values()):
        lines.append(
            Text("sides   no column is known as the candidate's, so there is no signature to rank by: --candidate")
        )
    warnings = [
        Text(f"look at {name}: {column.choice.warning}", style="yellow")
        for name, column in draft.columns.items()
        if column.choice.warning
    ]
    return Group(table, *lines, *warnings)


def _cells(name: str, column: DraftedColumn) -> list[str]:
    profile, drafted = column.profile, column.drafted
    kind = "left out" if column.choice.kind == "out" else column.choice.kind
    return [
        name,
        kind,
        column.side.side if column.side else "",
        drafted.treatment if drafted else "",
        f"{profile.members.members if profile.members else profile.distinct:,}",
        percent(profile.missing / profile.rows) if profile.missing else "",
        f"{profile.alone:.3f}" if profile.present else "",
        column.choice.reason,
    ]
