"""Sums by key, for keys that nobody knows in advance: the sparse histograms of an evaluation."""

from __future__ import annotations

import numpy as np

# Of a float32's 23 bits of mantissa those that a bin keeps: neighbouring bins differ by a thousandth.
_KEPT = 10
_DROPPED = 23 - _KEPT
# Rows that wait before they are summed up.
_WAITING = 50_000


class Histogram:
    """Sums of some columns by an integer key, and merging of such sums."""

    def __init__(self, columns: int) -> None:
        self._keys = np.zeros(0, np.int64)
        self._sums = np.zeros((0, columns))
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Adds rows.

        Args:
            keys: int64 [n].
            values: float64 [n, columns].
        """
        self._waiting.append((keys, values))
        # The more there are, the rarer: what is sorted grows with what was added.
        if sum(keys.size for keys, _ in self._waiting) > max(_WAITING, self._keys.size):
            self._settle()

    def merge(self, other: Histogram) -> None:
        """Adds what another histogram holds."""
        self.add(*other.sums())

    def sums(self) -> tuple[np.ndarray, np.ndarray]:
        """The keys, int64 [k], rising, and their sums, float64 [k, columns]."""
        self._settle()
        return self._keys, self._sums

    def _settle(self) -> None:
        if not self._waiting:
            return
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._waiting)])
        values = np.concatenate([self._sums, *(values for _, values in self._waiting)])
        self._waiting = []
        order = np.argsort(keys, kind="stable")
        self._keys, first = np.unique(keys[order], return_index=True)
        self._sums = np.add.reduceat(values[order], first, axis=0) if keys.size else values


def bins(numbers: np.ndarray) -> np.ndarray:
    """The bin of each number, int64 [n], rising with it: of any range, and a thousandth of the number wide.

    An IEEE 754 number's bits, read as an integer, rise with its magnitude; dropping low bits leaves bins.
    """
    bits = numbers.astype(np.float32).view(np.int32).astype(np.int64)
    ordered = np.where(bits >= 0, bits, -(bits & 0x7FFFFFFF))
    return ordered >> _DROPPED


def middles(keys: np.ndarray) -> np.ndarray:
    """A number in the middle of each bin, float64 [n]."""
    ordered = (keys << _DROPPED) + (1 << (_DROPPED - 1))
    bits = np.where(ordered >= 0, ordered, -ordered | -0x80000000).astype(np.int32)
    return bits.view(np.float32).astype(np.float64)
