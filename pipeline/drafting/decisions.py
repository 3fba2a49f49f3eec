"""What a person wishes, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from widedeep.pipeline.drafting.rules.features import Drafted
from widedeep.pipeline.drafting.rules.kinds import Choice
from widedeep.pipeline.drafting.rules.label import LabelRule
from widedeep.pipeline.drafting.rules.profile import ColumnProfile
from widedeep.pipeline.drafting.rules.sides import Side
from widedeep.pipeline.drafting.rules.splits import SplitRule


@dataclass(frozen=True)
class Wishes:
    """What a person says of the columns.

    Attributes:
        label: the label's column.
        time: of the rows' times; None where it is to be found.
        context, candidate: columns of either side.
        positive: values of the label that are 1.
    """

    label: str
    time: str | None = None
    context: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftedColumn:
    """What was decided of a column: a feature, or why it is none."""

    profile: ColumnProfile
    choice: Choice
    drafted: Drafted | None
    side: Side | None


@dataclass(frozen=True)
class DraftedCross:
    """A cross, and what it gains."""

    keys: tuple[str, str]
    combinations: int
    gain: float


@dataclass(frozen=True)
class Draft:
    """All that was decided.

    Attributes:
        rows: of all files.
        label: its column.
        label_key: its key.
        rule: which of its values are 1.
        columns: by name, but for the label.
        crosses: the best first.
        split: how the rows are split.
        training: settings, and why.
        null_values: texts that stand for no value.
    """

    rows: int
    label: str
    label_key: str
    rule: LabelRule
    columns: dict[str, DraftedColumn]
    crosses: list[DraftedCross]
    split: SplitRule
    training: tuple[dict[str, Any], str]
    null_values: tuple[str, ...]
