"""How much worse a metric is than the last blessed model's, against what is allowed, and in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from widedeep.components.common.metrics import higher_is_better
from widedeep.components.evaluator.checks.bounds import Bound
from widedeep.components.evaluator.measurement import Estimate, Part


@dataclass(frozen=True)
class Regression:
    """A paired change turned so that more is worse, or as a share of the last blessed model's value.

    Attributes:
        metric: its name.
        estimate: negative where the candidate is better; its ends are NaN where nobody knows.
        allowed: what it may be.
        share: whether both are shares.
        scarce: what there is too little of to tell the interval, where its ends are NaN.
    """

    metric: str
    estimate: Estimate
    allowed: float
    share: bool
    scarce: str = "rows"

    @property
    def beyond(self) -> bool:
        """Whether it is more than allowed, noise or not: the whole interval is."""
        return self.estimate.low > self.allowed

    @property
    def unsettled(self) -> bool:
        """Whether a part of the interval is more than allowed, or nobody knows."""
        return not self.beyond and not self.estimate.high <= self.allowed

    @property
    def limit(self) -> str:
        """What is allowed: 0.005, or 1 %."""
        return f"{100 * self.allowed:g} %" if self.share else f"{self.allowed:g}"

    def words(self, confidence: float) -> str:
        """0.0100 lower than the last blessed model's (95 % interval of the change: -0.0130 to -0.0070)."""
        return f"{self._change()} than the last blessed model's ({self._interval(confidence)})"

    def _change(self) -> str:
        lower = (self.estimate.value >= 0) == bool(higher_is_better(self.metric))
        return f"{self._number(abs(self.estimate.value))} {'lower' if lower else 'higher'}"

    def _interval(self, confidence: float) -> str:
        if not self.estimate.known:
            return f"too few {self.scarce} to tell its interval"
        sign = -1 if higher_is_better(self.metric) else 1
        low, high = sorted((sign * self.estimate.low, sign * self.estimate.high))
        return f"{per_cent(confidence)} interval of the change: {self._number(low, '+')} to {self._number(high, '+')}"

    def _number(self, number: float, sign: str = "") -> str:
        return f"{100 * number:{sign}.2f} %" if self.share else f"{number:{sign}.4f}"


def regressions(metric: str, bound: Bound, part: Part) -> Iterator[Regression]:
    """By each comparison that a bound asks for; none where one of the models has no such number."""
    change, baseline = part.change.get(metric), part.baseline.get(metric)
    if change is None or baseline is None or not math.isfinite(change.value):
        return
    sign = -1 if higher_is_better(metric) else 1
    ends = (sign * change.low, sign * change.high)
    worsening = Estimate(sign * change.value, *(sorted(ends) if change.known else ends))
    support = part.supports.scarce if part.supports else None
    scarce = support.words if support else "rows"
    if bound.worse_by_at_most is not None:
        yield Regression(metric, worsening, bound.worse_by_at_most, False, scarce)
    if bound.worse_by_share_at_most is not None:
        # Of the value as it was measured: its own noise is small beside the change's.
        whole = abs(baseline.value)
        shares = Estimate(*(_share(number, whole) for number in (worsening.value, worsening.low, worsening.high)))
        yield Regression(metric, shares, bound.worse_by_share_at_most, True, scarce)


def _share(number: float, whole: float) -> float:
    return number / whole if whole else math.copysign(math.inf, number) if number else 0.0


def per_cent(confidence: float) -> str:
    """95 %."""
    return f"{100 * confidence:g} %"
