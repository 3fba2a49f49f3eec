"""Whether it can be chance that no row has a value."""

from __future__ import annotations

# One false alarm in a million splits or files.
_CHANCE = 1e-6


def is_no_chance(rows: int, share: float) -> bool:
    """Whether rows of which each has a value with some probability would almost never all lack it.

    The probability of that is (1 - share)^rows.

    Args:
        rows: how many there are.
        share: of comparable rows that have a value.
    """
    return bool(rows) and (1 - share) ** rows < _CHANCE
