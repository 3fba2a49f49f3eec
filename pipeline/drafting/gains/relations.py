"""What columns have to do with each other: one determines another, or holds its values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from widedeep.pipeline.drafting.reading.columns import Codes
from widedeep.pipeline.drafting.rules.features import LARGEST_VOCABULARY
from widedeep.pipeline.drafting.rules.profile import ColumnProfile

# Of a set's members, that another column has as well; and values of that column.
_SHARED, _FEWEST = 0.9, 20


def follows(columns: Mapping[str, Codes], ids: Mapping[str, str]) -> dict[str, str]:
    """The columns that an id determines, with that id's side.

    Args:
        columns: with one value a row.
        ids: by column, its side.
    """
    followers: dict[str, str] = {}
    for name, codes in columns.items():
        for by, side in ids.items():
            key = columns.get(by)
            if key is None or by == name or not (key.single and codes.single) or codes.size < 2:
                continue
            pairs = len(np.unique(key.codes * codes.size + codes.codes))
            if key.length >= 2 * key.size and pairs <= 1.01 * key.size and name not in followers:
                followers[name] = side
    return followers


def vocabulary_owner(
    profile: ColumnProfile, values: pa.Array, others: Mapping[str, pa.Array], distinct: Mapping[str, int]
) -> str | None:
    """The column whose values are a set's members, as the apps that a user has are those that can be shown.

    Args:
        profile: of the set.
        values: of the set.
        others: categories by column.
        distinct: how many values each has.
    """
    if profile.members is None or pa.types.is_null(values.type):
        return None
    separator = profile.members.separator
    lists = values if separator is None else pc.split_pattern(values, separator)
    members = pc.unique(lists.flatten().drop_null())
    for name, column in others.items():
        if not _FEWEST <= distinct[name] <= LARGEST_VOCABULARY or pa.types.is_null(column.type) or not len(members):
            continue
        shared = pc.sum(pc.is_in(members, pc.unique(column.drop_null()))).as_py() or 0
        if shared >= _SHARED * len(members):
            return name
    return None
