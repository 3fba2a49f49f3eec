"""Numbers that look drawn by chance and follow from others: of users with candidates, and of rows.

Source of `mixed`: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", SplitMix64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Unsigned = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

_STEP = np.uint64(0x9E3779B97F4A7C15)


def mixed(numbers: Unsigned) -> Unsigned:
    """Each number's image under a bijection of 64 bits, in which every bit depends on all bits of the number."""
    with np.errstate(over="ignore"):
        mixed = numbers + _STEP
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


def pairs_of(users: Integers, items: Integers) -> Unsigned:
    """A hash of each user with each candidate.

    Args:
        users: hashes [n].
        items: of the candidates, hashes [n].
    """
    return mixed(mixed(users.astype(np.uint64)) ^ items.astype(np.uint64))


def fractions(seeds: Unsigned, number: int) -> npt.NDArray[np.float64]:
    """From each seed the drawing of a number, uniform in [0, 1).

    Args:
        seeds: [n].
        number: of the drawing, from 0 on.
    """
    with np.errstate(over="ignore"):
        drawn = mixed(seeds + np.uint64(number) * _STEP)
    return (drawn >> np.uint64(11)).astype(np.float64) * 2.0**-53
