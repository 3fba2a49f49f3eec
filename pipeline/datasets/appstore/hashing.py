"""Numbers that depend on what they are of alone, as if drawn at random: SplitMix64 (Steele et al. 2014)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]

_GOLDEN, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def mixed(*parts: npt.NDArray[np.integer] | int) -> Numbers:
    """uint64, of the parts' common shape: equal for equal parts in the same order, and otherwise unrelated."""
    state = np.zeros((), np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            state = (state ^ np.asarray(part).astype(np.uint64)) + _GOLDEN
            state = (state ^ (state >> np.uint64(30))) * _FIRST
            state = (state ^ (state >> np.uint64(27))) * _SECOND
            state = state ^ (state >> np.uint64(31))
    return np.asarray(state)


def signs(share: float, *parts: npt.NDArray[np.integer] | int) -> Floats:
    """float32 of the parts' common shape: +1 or -1 for a share of all parts, half of it each, and 0 for the others.

    Its mean is 0, and its variance `share`.
    """
    # 24 bits are exact in 32-bit floats.
    drawn = (mixed(*parts) >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)
    made: Floats = (drawn < share).astype(np.float32) - 2 * (drawn < share / 2).astype(np.float32)
    return made
