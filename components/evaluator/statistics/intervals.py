"""From a metric's standard error to its interval, honest also where few rows decide it.

Student's t has as many degrees of freedom as there are effective groups, less one, of the rows that decide: of a metric
that needs both sides of a label, those of the rarer side. With two positives in fifty groups, fifty would be a lie.

A rate, and an area under a curve, has Wilson's interval (1927) of an effective number of rows n,

    (p + q^2 / 2n -+ q sqrt(p (1 - p) / n + q^2 / 4n^2)) / (1 + q^2 / n),    n = p (1 - p) / se^2

which ends within 0 and 1, and has a width where all rows are right. n is at most the rows' effective number; for an
area four times the rarer side's, which is what Newcombe's interval (2006, method 5) has for an area near 1: of k
positives that all lie above every negative, the error is 0, and the doubt is not.
"""

from __future__ import annotations

import math

import scipy

from widedeep.components.evaluator.measurement import Estimate, Support, Supports

_AREAS = {"auc", "auc_pr"}
ROWS_OF_AN_AREA = 4
# Of these any rate is possible; fewer would not be a number.
_LEAST_ROWS = 1e-6
# What the label's rarer side decides.
_OF_SIDES = {*_AREAS, "logloss", "calibration"}


def quantile(groups: float, confidence: float) -> float:
    """How many standard errors an interval reaches to each side: Student's t with `groups` - 1 degrees of freedom."""
    return float(scipy.stats.t.ppf((1 + confidence) / 2, groups - 1)) if groups > 1 else math.nan


def wilson(rate: float, rows: float, reach: float) -> tuple[float, float]:
    """Both ends for a rate of so many rows, at `reach` standard errors."""
    if not rows > 0 or not math.isfinite(reach):
        return math.nan, math.nan
    share = reach**2 / rows
    middle = (rate + share / 2) / (1 + share)
    half = math.sqrt(share * rate * (1 - rate) + share**2 / 4) / (1 + share)
    # An end that is 0 or 1 is rounded across it.
    return max(middle - half, 0.0), min(middle + half, 1.0)


def rate_interval(rate: float, error: float, most_rows: float, reach: float) -> tuple[float, float]:
    """Wilson's of the effective rows that a rate's standard error tells, at most `most_rows`."""
    if not math.isfinite(error):
        return math.nan, math.nan
    # Summing up has left some beyond 0 and 1.
    rate = min(max(rate, 0.0), 1.0)
    errors = math.sqrt(rate * (1 - rate)) / error if error > 0 else math.inf
    rows = min(errors * errors, most_rows) if errors > 0 else most_rows
    return wilson(rate, max(rows, _LEAST_ROWS), reach)


def estimate(metric: str, value: float, error: float, supports: Supports, confidence: float) -> Estimate:
    """A metric with its interval, whose ends are NaN where the rows are too few to tell.

    Args:
        metric: its name.
        value: its value.
        error: its standard error; NaN where undefined.
        supports: what that was estimated from.
        confidence: of the interval.
    """
    support = _deciding(metric, supports)
    if not support.enough or not math.isfinite(value) or not math.isfinite(error):
        return Estimate(value, math.nan, math.nan)
    reach = quantile(support.groups, confidence)
    if metric in _AREAS:
        return Estimate(value, *rate_interval(value, error, ROWS_OF_AN_AREA * support.count, reach))
    if metric == "accuracy":
        return Estimate(value, *rate_interval(value, error, support.count, reach))
    if metric == "calibration" and supports.rarer and value > 0:
        # A ratio of two sums of what is never below 0: its logarithm has the error.
        factor = math.exp(min(reach * error / value, 700.0))
        return Estimate(value, value / factor, value * factor)
    low, high = value - reach * error, value + reach * error
    return Estimate(value, low if metric == "calibration" else max(low, 0.0), high)


def estimate_change(metric: str, value: float, error: float, supports: Supports, confidence: float) -> Estimate:
    """The same of a metric's change, which may be of either sign."""
    support = _deciding(metric, supports)
    if not support.enough or not math.isfinite(error):
        return Estimate(value, math.nan, math.nan)
    reach = quantile(support.groups, confidence) * error
    return Estimate(value, value - reach, value + reach)


def _deciding(metric: str, supports: Supports) -> Support:
    if metric in _OF_SIDES and supports.rarer:
        return min(supports.rarer, supports.every, key=lambda support: support.groups)
    return supports.every
