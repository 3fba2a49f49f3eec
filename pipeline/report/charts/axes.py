"""Axes: from values to places on the page, with ticks at round numbers.

Decimals do the arithmetic: a range of floats may be wider than the largest float (-1.7e308 to 1.7e308), and its ticks
may lie closer together than the smallest (0 to 5e-324).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

# Values whose spread is a smaller share of the largest are drawn as equal: labels would need more than six digits.
_EQUAL = Decimal("1e-4")
# Float arithmetic leaves 0.30000000000000004 where 0.3 was meant, which needs no tick of its own.
_NOISE = Decimal("1e-9")
# From here on labels are written with exponents.
_LARGE, _SMALL = Decimal("1e7"), Decimal("1e-5")


@dataclass(frozen=True)
class Tick:
    """A round value's place, and the value in words."""

    place: float
    label: str


@dataclass(frozen=True)
class Axis:
    """A straight line from the value `low` at the place `start` to `high` at `end`; ticks ascend by value."""

    low: Decimal
    high: Decimal
    start: float
    end: float
    ticks: tuple[Tick, ...]

    @classmethod
    def rounded(cls, values: Iterable[float], start: float, end: float, air: float = 0.01) -> Axis:
        """From the tick at or below the smallest value to the one at or above the largest: two to seven ticks.

        Args:
            values: at least one, finite.
            start: the place of the first tick.
            end: that of the last.
            air: above and below values that are all the same, at least.
        """
        low, high = _span(values, air)
        step = _step(high - low)
        first, last = math.floor(low / step + _NOISE), math.ceil(high / step - _NOISE)
        return cls._with_ticks(first * step, last * step, start, end, range(first, last + 1), step)

    @classmethod
    def fitted(cls, values: Iterable[float], start: float, end: float, air: float = 0.01, least_step: int = 0) -> Axis:
        """From the smallest value to the largest, with the ticks between: six at most, each `least_step` apart."""
        low, high = _span(values, air)
        step = max(_step(high - low), Decimal(least_step))
        return cls._with_ticks(low, high, start, end, range(math.ceil(low / step), math.floor(high / step) + 1), step)

    @classmethod
    def _with_ticks(cls, low: Decimal, high: Decimal, start: float, end: float, counts: range, step: Decimal) -> Axis:
        bare = cls(low, high, start, end, ())
        largest = max(abs(low), abs(high))
        ticks = tuple(Tick(bare._place(count * step), _label(count * step, step, largest)) for count in counts)
        return cls(low, high, start, end, ticks)

    def place(self, value: float) -> float:
        """Where a finite value lies, to a tenth; beyond the axis, at its end."""
        return self._place(_decimal(value))

    def holds(self, value: float) -> bool:
        """Whether a value lies between the ends."""
        return self.low <= _decimal(value) <= self.high

    def _place(self, value: Decimal) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + float(share) * (self.end - self.start), 1)


def _decimal(value: float) -> Decimal:
    """The shortest decimal that means this float: 0.2, not 0.200000000000000011."""
    return Decimal(repr(float(value)))


def _span(values: Iterable[float], air: float) -> tuple[Decimal, Decimal]:
    decimals = [_decimal(value) for value in values]
    low, high = min(decimals), max(decimals)
    largest = max(abs(low), abs(high))
    if high - low > _EQUAL * largest:
        return low, high
    around = max(_decimal(air), largest / 10)
    return low - around, high + around


def _step(width: Decimal) -> Decimal:
    """1, 2 or 5 times a power of ten: the smallest that fits into the width five times or fewer."""
    exponent = (width / 5).adjusted()
    steps = (Decimal(factor).scaleb(exponent) for factor in (1, 2, 5, 10))
    return next(step for step in steps if width <= 5 * step * (1 + _NOISE))


def _label(tick: Decimal, step: Decimal, largest: Decimal) -> str:
    """With the digits that tell it from its neighbours."""
    if largest < _LARGE and step >= _SMALL:
        text = f"{tick:,.{max(0, -step.adjusted())}f}"
    else:
        text = f"{tick:.{max(0, largest.adjusted() - step.adjusted())}e}" if tick else "0"
    return text.replace("-", "\N{MINUS SIGN}")
