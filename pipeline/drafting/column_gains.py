"""What a draft's features gain together, which parts of times are of no use, and how new ids are in later rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from widedeep.pipeline.drafting.decisions import DraftedColumn
from widedeep.pipeline.drafting.gains.measures import Target, codes_of, part_codes
from widedeep.pipeline.drafting.gains.new_ids import new_ids
from widedeep.pipeline.drafting.gains.pairs import MOST_COLUMNS, Gains, best_pairs
from widedeep.pipeline.drafting.reading.columns import Codes, category_codes
from widedeep.pipeline.drafting.rules.kinds import Choice
from widedeep.pipeline.drafting.rules.splits import SplitRule

_CROSSES = 5


def column_gains(
    columns: Mapping[str, DraftedColumn],
    values: Mapping[str, pa.Array],
    target: Target,
    kept: np.ndarray,
    split: SplitRule,
) -> Gains:
    """The best pairs of features, and parts of times that are of no use.

    Args:
        columns: what was decided of each, by name.
        values: of the sample.
        target: what is to be told.
        kept: the rows that may be learned from.
        split: of the rows.
    """
    codes: dict[str, Codes] = {}
    ranks: dict[str, float] = {}
    parts: dict[str, Codes] = {}
    for name, column in columns.items():
        if column.drafted is None:
            continue
        if column.choice.kind == "time":
            # What hours and weekdays have told so far may be chance: they are tried on later rows.
            if split.by == "time":
                of_parts = part_codes(column.profile, values[name])
                parts |= {f"{column.drafted.feature['key']}_{part}": each.take(kept) for part, each in of_parts.items()}
            continue
        profile = column.profile
        own = category_codes(values[name]) if column.choice.kind == "category" else codes_of(profile, values[name])
        codes[column.drafted.feature["key"]] = own.take(kept)
        ranks[column.drafted.feature["key"]] = profile.alone
    ranked = [*sorted(ranks, key=lambda key: -ranks[key])[: MOST_COLUMNS - len(parts)], *parts]
    label, half = target.label[kept], target.half[kept]
    return best_pairs(codes | parts, label, half, target.binary, _CROSSES, ranked, parts.keys())


def without_silent(columns: Mapping[str, DraftedColumn], silent: Collection[str]) -> dict[str, DraftedColumn]:
    """Times without the parts that tell nothing of later rows; one without any is no feature."""
    left = dict(columns)
    for name, column in columns.items():
        if column.drafted is None or column.choice.kind != "time":
            continue
        feature = column.drafted.feature
        told = [part for part in feature["parts"] if f"{feature['key']}_{part}" not in silent]
        if not told:
            parts = " and ".join(feature["parts"])
            choice = Choice(
                "out", f"{column.choice.reason}: {parts} tell{'s' * (' and ' not in parts)} nothing of later rows"
            )
            left[name] = replace(column, choice=choice, drafted=None, side=None)
        elif len(told) < len(feature["parts"]):
            drafted = replace(column.drafted, feature=feature | {"parts": told}, treatment=", ".join(told))
            left[name] = replace(column, drafted=drafted)
    return left


def most_new_ids(
    columns: Mapping[str, DraftedColumn], values: Mapping[str, pa.Array], target: Target, split: SplitRule
) -> float:
    """Of the later rows the share that has a new id of a column, of the column with the most; 0 if time splits no rows.

    Where rare values have no id of their own, new ones share what was learned of these: such columns don't count.
    """
    if split.by != "time":
        return 0.0
    listed = [
        name
        for name, column in columns.items()
        if column.drafted is not None
        and column.choice.kind == "category"
        and column.drafted.feature["transform"] == {"vocabulary": {}}
    ]
    return max((new_ids(category_codes(values[name]), target.half) for name in listed), default=0.0)
