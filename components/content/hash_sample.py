"""Different things with their counts: all of them, or beyond a number of them those whose hash is lowest.

What is below the lower limit of two samples is in both, or is in one alone because the other's data lack it: so what
two splits share is counted exactly where there are few different things, and estimated without bias where there are
many (bottom-k sampling: Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

# What JSON's numbers hold everywhere.
ALL = 1 << 52
Integers = npt.NDArray[np.int64]


def hashes_of(contents: Sequence[bytes]) -> Integers:
    """Of each its hash below ALL, which is the same in every process (FarmHash's Fingerprint64)."""
    if not contents:
        return np.zeros(0, np.int64)
    hashes: Integers = tf.strings.to_hash_bucket_fast(np.array(contents, object), ALL).numpy()
    return hashes


class HashSample:
    """Counts, by their hash, of all things whose hash is below `limit`."""

    def __init__(self, size: int) -> None:
        """Empty, and complete.

        Args:
            size: how many different things it keeps at most.
        """
        self.size, self.limit = size, ALL
        self.counts: dict[int, int] = {}
        self.contents: dict[int, bytes] = {}

    def add(self, hashes: Integers, counts: Integers, contents: Sequence[bytes] = ()) -> None:
        """Counts things.

        Args:
            hashes: of each.
            counts: how often each occurs.
            contents: each, where it is to be known by more than its hash.
        """
        for place in np.flatnonzero(hashes < self.limit).tolist():
            hashed = int(hashes[place])
            self.counts[hashed] = self.counts.get(hashed, 0) + int(counts[place])
            if contents:
                self.contents[hashed] = contents[place]
        # At twice the size, so that sorting is rare.
        if len(self.counts) > 2 * self.size:
            self.cut()

    def merge(self, other: HashSample) -> None:
        """Counts what another sample holds."""
        self.limit = min(self.limit, other.limit)
        for hashed, count in other.counts.items():
            self.counts[hashed] = self.counts.get(hashed, 0) + count
        self.contents |= other.contents
        self._drop()
        self.cut()

    def cut(self) -> None:
        """Keeps `size` things at most."""
        if len(self.counts) > self.size:
            self.limit = sorted(self.counts)[self.size]
            self._drop()

    def _drop(self) -> None:
        self.counts = {hashed: count for hashed, count in self.counts.items() if hashed < self.limit}
        self.contents = {hashed: content for hashed, content in self.contents.items() if hashed < self.limit}
