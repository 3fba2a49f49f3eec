"""How many combinations a cross has."""

from __future__ import annotations


def combinations(seen: int, once: int, sampled: int, rows: int) -> int:
    """About how many different combinations all rows hold, of which a part was counted.

    What the sample holds once tells how many it lacks: each further row brings a new one with the chance once / sampled
    (Good and Turing; Good 1953), which falls as more are found.

    Args:
        seen: different ones in the sample.
        once: that it holds once.
        sampled: its rows.
        rows: of all.
    """
    if rows <= sampled or not sampled:
        return seen
    # Half of the first chance: it falls from there on.
    return round(seen + 0.5 * once / sampled * (rows - sampled))
