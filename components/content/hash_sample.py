"""Different things with their counts: all of them, or beyond a number of them those whose hash is lowest.

What is below the lower limit of two samples is in both, or is in one alone because the other's data lack it: so what
two splits share is counted exactly where there are few different things, and estimated without bias where there are
many (bottom-k sampling: Cohen and Kaplan 2007, "Summarizing data using bottom-k sketches").
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

# What JSON's numbers hold everywhere.
_BITS = 52
ALL = 1 << _BITS

Thing = TypeVar("Thing", bound=Hashable)


def hash_of(content: bytes) -> int:
    """A hash below ALL that is the same in every process."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big") >> (64 - _BITS)


class HashSample(Generic[Thing]):
    """Counts of things: of all whose hash is below `limit`."""

    def __init__(self, size: int) -> None:
        """Empty, and complete.

        Args:
            size: how many different things it keeps at most.
        """
        self.size, self.limit = size, ALL
        self.counts: dict[Thing, int] = {}
        self._hashes: dict[Thing, int] = {}

    def hashed(self, thing: Thing) -> int:
        """The hash of a thing."""
        assert isinstance(thing, bytes)
        return hash_of(thing)

    def add(self, things: Iterable[tuple[Thing, int]]) -> None:
        """Counts things, each given with how often it occurs."""
        for thing, count in things:
            if thing in self.counts:
                self.counts[thing] += count
            elif (hashed := self.hashed(thing)) < self.limit:
                self.counts[thing], self._hashes[thing] = count, hashed
        # At twice the size, so that sorting is rare.
        if len(self.counts) > 2 * self.size:
            self.cut()

    def merge(self, other: HashSample[Thing]) -> None:
        """Counts what another sample holds."""
        self.limit = min(self.limit, other.limit)
        self.add(other.counts.items())
        self._drop()

    def cut(self) -> None:
        """Keeps `size` things at most."""
        if len(self.counts) > self.size:
            self.limit = sorted(self._hashes.values())[self.size]
            self._drop()

    def _drop(self) -> None:
        for thing in [thing for thing, hashed in self._hashes.items() if hashed >= self.limit]:
            del self.counts[thing], self._hashes[thing]


class HashedSample(HashSample[int]):
    """The same of things that are known by their hash alone."""

    def hashed(self, thing: int) -> int:
        """The thing itself."""
        return thing
