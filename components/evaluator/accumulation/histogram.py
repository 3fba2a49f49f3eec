"""Sums by key, for keys that nobody knows in advance: the sparse histograms of an evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np

# Of a float32's 23 bits of mantissa those that a bin keeps: neighbouring bins differ by a thousandth.
_KEPT = 10
_DROPPED = 23 - _KEPT
# Rows that wait before they are summed up.
_WAITING = 4096


class Histogram:
    """Sums of some columns by an integer key, and merging of such sums.

    Keys are those of bins, or of the parts of bins: bin * parts + part.
    """

    def __init__(self, columns: int, parts: int = 1, most: int | None = None) -> None:
        """Of no rows.

        Args:
            columns: that are summed up.
            parts: of each bin.
            most: keys that it holds. Where there are more, neighbouring bins become one, by twos: as often as all rows
                together need it, so that neither their order nor how they were parted makes a difference.
        """
        self._keys = np.zeros(0, np.int64)
        self._sums = np.zeros((0, columns))
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._rows_waiting = 0
        self._parts, self._most = parts, most
        self._halved = 0

    @property
    def columns(self) -> int:
        """How many columns are summed up."""
        return int(self._sums.shape[1])

    def add(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Adds rows.

        Args:
            keys: int64 [n], of bins none of which has been joined with its neighbour.
            values: float64 [n, columns].
        """
        self._add(self._joined(keys, self._halved), values)

    def merge(self, other: Histogram) -> None:
        """Adds what another histogram of the same kind holds."""
        keys, sums = other.sums()
        self._settle()
        self._halve(max(other._halved - self._halved, 0))
        self._add(self._joined(keys, self._halved - other._halved), sums)

    def sums(self) -> tuple[np.ndarray, np.ndarray]:
        """The keys, int64 [k], rising, and their sums, float64 [k, columns]."""
        self._settle()
        return self._keys, self._sums

    def __getstate__(self) -> dict[str, Any]:
        # Between Beam's processes sums travel, and no rows.
        self._settle()
        return self.__dict__

    def _add(self, keys: np.ndarray, values: np.ndarray) -> None:
        # Some columns of a larger array would keep all of it in memory for as long as they wait.
        self._waiting.append((keys, values if values.base is None else values.copy()))
        self._rows_waiting += keys.size
        # The more there are, the rarer: what is sorted grows with what was added.
        if self._rows_waiting > max(_WAITING, self._keys.size):
            self._settle()

    def _settle(self) -> None:
        if not self._waiting:
            return
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._waiting)])
        values = np.concatenate([self._sums, *(values for _, values in self._waiting)])
        self._waiting, self._rows_waiting = [], 0
        self._sum_up(keys, values)
        while self._most is not None and self._keys.size > self._most:
            self._halve(1)

    def _halve(self, times: int) -> None:
        """Has half as many bins, so many times."""
        if times:
            self._halved += times
            self._sum_up(self._joined(self._keys, times), self._sums)

    def _joined(self, keys: np.ndarray, times: int) -> np.ndarray:
        """The keys once bins have been joined with their neighbours so many times."""
        return (keys // self._parts >> times) * self._parts + keys % self._parts if times else keys

    def _sum_up(self, keys: np.ndarray, values: np.ndarray) -> None:
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
