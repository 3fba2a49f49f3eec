"""Keys for columns of any name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from widedeep.components.features.names import key_for
from widedeep.components.features.spec import TOP_K, TRANSFORMED

_LONGEST = 60


def keys_for(columns: Iterable[str]) -> dict[str, str]:
    """For each column a key that no other has, whatever the case, and that nothing else is called by."""
    taken = {TOP_K, *TRANSFORMED}
    keys: dict[str, str] = {}
    for column in columns:
        base = _free_of_others(key_for(column)[:_LONGEST].rstrip("_") or "x")
        key, number = base, 1
        while key.lower() in taken:
            number += 1
            key = f"{base}_{number}"
        taken.add(key.lower())
        keys[column] = key
    return keys


def _free_of_others(key: str) -> str:
    """Not as a cross is called, or the rest of a number of 64 bits."""
    return re.sub(r"_rest$", "_remainder", re.sub(r"(?i)_x(?=_)", "_by", key))
