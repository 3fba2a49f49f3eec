"""Whether a model is good enough: what was measured against what was asked.

A value bound (at_least, at_most) holds where the worse end of the metric's interval keeps it: noise can't pass a model.
A comparison with the last blessed model fails where the whole interval of the change lies beyond what is allowed: noise
can't block a model. Where a part of it does, the model passes with a warning. Beside both it must know more than the
label's rate, and the rows must be able to tell anything at all: see checks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from widedeep.components.common.metrics import is_of_lists
from widedeep.components.evaluator.checks.base_rate import Learned, knows_nothing
from widedeep.components.evaluator.checks.bounds import Bound
from widedeep.components.evaluator.checks.rows import too_few, unusable
from widedeep.components.evaluator.evaluation_options import EvaluationOptions
from widedeep.components.evaluator.measurement import Estimate, ListCounts, Measurement, Part
from widedeep.components.evaluator.regression_check import per_cent, regressions
from widedeep.components.features.spec import Label

# Of a metric that can be undefined where the label varies, when it is.
_UNDEFINED = {"calibration": ": it is the mean score over the mean label, which is 0 on these rows"}
# Slices that a warning names.
_NAMED = 3


@dataclass
class Verdict:
    """Why a model is refused, and what the rows do not settle: a sentence each. Blessed is who is not refused."""

    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def judge(
    options: EvaluationOptions, label: Label, measurement: Measurement, learned: Learned | None = None
) -> Verdict:
    """Judges the candidate; where there was no baseline, by the value bounds alone.

    Args:
        options: what is asked of it.
        label: the declared one.
        measurement: on the rows of `options.split`.
        learned: how the candidate came about; None: it is not compared with who knows the label's rate alone.
    """
    whole, split = measurement.whole, options.split
    if measurement.broken:
        return Verdict([f"for {measurement.broken:,} of {whole.rows:,.0f} rows the model's score is no number"])
    useless = unusable(measurement, split)
    if useless:
        return Verdict([useless])
    verdict = Verdict()
    scarce = too_few(whole, split, options.group_by)
    bounds = {name: bound for name, bound in options.bounds_of(label).items() if bound.given}
    beats = learned if options.beat_base_rate else None
    if scarce and (beats or any(bound.is_of_value for bound in bounds.values())):
        verdict.refusals.append(scarce)
    elif beats:
        ignorant = knows_nothing(measurement, beats, split, options.confidence)
        verdict.refusals += [ignorant] if ignorant else []
    for name, bound in bounds.items():
        _judge(verdict, name, bound, measurement, options.confidence)
    if measurement.whole.baseline and options.slices:
        large = {name: part for name, part in measurement.slices.items() if part.rows >= options.slices.min_rows}
        _judge_slices(verdict, options.slice_metric(label), options.slices.bound, large, options.confidence)
    return verdict


def _judge(verdict: Verdict, name: str, bound: Bound, measurement: Measurement, confidence: float) -> None:
    part, lists = measurement.whole, measurement.lists if is_of_lists(name) else None
    estimate = part.candidate.get(name)
    if estimate is None:
        verdict.refusals.append(f"{name} was not measured")
        return
    if not math.isfinite(estimate.value):
        verdict.refusals.append(f"{name} is {estimate.value}, which is no number{_undefined(name, lists)}")
        return
    verdict.refusals += _outside(name, bound, estimate, part, lists, confidence)
    for regression in regressions(name, bound, part):
        sentence = f"{name} is {regression.words(confidence)}"
        if regression.beyond:
            verdict.refusals.append(f"{sentence}, at most {regression.limit} is allowed")
        elif regression.unsettled:
            doubt = f"the rows don't settle whether it is worse by more than {regression.limit}"
            verdict.warnings.append(f"{sentence}: {doubt}")


def _undefined(name: str, lists: ListCounts | None) -> str:
    return f": {lists.words}" if lists else _UNDEFINED.get(name, "")


def _outside(
    name: str, bound: Bound, estimate: Estimate, part: Part, lists: ListCounts | None, confidence: float
) -> Iterator[str]:
    if not bound.is_of_value:
        return
    if not estimate.known and lists:
        yield f"{name} is {estimate.value:.4f}, but only {lists.words}: too few to tell how sure that is"
        return
    if not estimate.known:
        if part.supports and part.supports.scarce:
            return  # What there is too little of has been said, once for all metrics.
        yield f"{name} is {estimate.value:.4f}, but {part.rows:,.0f} rows are too few to tell how sure that is"
        return
    interval = f"{per_cent(confidence)} interval: {estimate.low:.4f} to {estimate.high:.4f}"
    sentence = f"{name} is {estimate.value:.4f} ({interval})"
    if bound.at_least is not None and estimate.low < bound.at_least:
        end = " at its lower end" if estimate.value >= bound.at_least else ""
        yield f"{sentence}, at least {bound.at_least:g} is needed{end}"
    if bound.at_most is not None and estimate.high > bound.at_most:
        end = " at its upper end" if estimate.value <= bound.at_most else ""
        yield f"{sentence}, at most {bound.at_most:g} is allowed{end}"


def _judge_slices(verdict: Verdict, metric: str, bound: Bound, parts: Mapping[str, Part], confidence: float) -> None:
    """A slice that is worse is a refusal; those that may be are one warning, which names the worst of them."""
    unsettled: list[tuple[float, str, str]] = []
    for name, part in parts.items():
        for regression in regressions(metric, bound, part):
            where = f"on the {part.rows:,.0f} rows of {name} {metric} is {regression.words(confidence)}"
            if regression.beyond:
                verdict.refusals.append(f"{where}, at most {regression.limit} is allowed")
            elif regression.unsettled:
                unsettled.append((regression.estimate.value, where, regression.limit))
    unsettled.sort(key=lambda item: (-item[0], item[1]))
    if unsettled:
        listed = "; ".join(where for _, where, _ in unsettled[:_NAMED])
        more = f"; and {len(unsettled) - _NAMED} more slices" if len(unsettled) > _NAMED else ""
        limits = " or ".join(dict.fromkeys(limit for _, _, limit in unsettled))
        verdict.warnings.append(f"{listed}{more}: the rows don't settle whether it is worse by more than {limits}")
