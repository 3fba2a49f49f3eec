"""Which split a row belongs to: decided by the row alone or by its place in time, never by chance.

No random number is drawn, so the same row lands in the same split in every run, on every machine
and whatever rows come before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

SPLITS = ("train", "eval", "test")

TENTHS = 10


def tenth(fields: Sequence[str]) -> int:
    """A number from 0 to 9 that depends on the row's content alone: equal rows, equal numbers.

    Pass the fields without the answer, so that rows that differ in it alone stay together: a model
    never meets, in the test split, the very row that it was trained on.
    """
    # The unit separator keeps ("ab", "c") apart from ("a", "bc").
    digest = hashlib.sha256("\x1f".join(fields).encode()).digest()
    return int.from_bytes(digest[:8], "big") % TENTHS


def split_of_tenth(number: int) -> str:
    """80 % train (0 to 7), 10 % eval (8), 10 % test (9)."""
    return {8: "eval", 9: "test"}.get(number, "train")


def split_in_time(position: int, count: int) -> str:
    """The split of the row at `position` (from 0) of `count` rows in the order of time.

    The first floor(0.8 count) rows are train, those up to floor(0.9 count) eval, the rest test.
    With 20 rows: 16, 2, 2; with 27: 21, 3, 3. In whole numbers, as 0.8 and 0.9 are no exact floats.
    """
    if position < count * 8 // TENTHS:
        return "train"
    return "eval" if position < count * 9 // TENTHS else "test"
