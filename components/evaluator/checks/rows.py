"""Whether the rows of a split can tell how good a model is; else, why not, in words."""

from __future__ import annotations

from widedeep.components.evaluator.measurement import LEAST_GROUPS, Measurement, Part, Support


def unusable(measurement: Measurement, split: str) -> str | None:
    """Why no model can be judged by these rows at all, None where one can.

    Args:
        measurement: on the split.
        split: its name.
    """
    rows, supports = measurement.whole.rows, measurement.whole.supports
    if not rows:
        return f"'{split}' has no rows"
    weighted = supports.every.rows if supports else rows
    if not weighted:
        return f"all {rows:,.0f} rows of '{split}' have weight 0: on such rows it can't be measured how good a model is"
    if measurement.label is not None:
        which = "" if weighted == rows else " with a weight above 0"
        same = f"all {weighted:,.0f} rows of '{split}'{which} have the label {measurement.label:g}"
        return f"{same}: on such rows it can't be measured how good a model is"
    return None


def too_few(part: Part, split: str, group_by: str | None) -> str | None:
    """What there are too few of for any interval, None where there are enough.

    Args:
        part: all rows.
        split: they are of.
        group_by: the feature whose rows stay together.
    """
    scarce = part.supports.scarce if part.supports else None
    if scarce is None:
        return None
    have = f" have {scarce.side}" if scarce.side else ""
    of = f" of the {part.rows:,.0f} rows of '{split}'" if scarce.side else f" rows of '{split}'"
    # Equal rows of few values fall into as many groups.
    if scarce.rows < LEAST_GROUPS:
        few = f"only {scarce.rows:,}{of}{have}" if scarce.side else f"'{split}' has only {scarce.rows:,} rows"
        return f"{few}: too few to tell how good a model is, which takes {LEAST_GROUPS} or more"
    return (
        f"the {scarce.rows:,}{of} that{have} tell no more than {_whole(scarce)} independent ones would"
        if scarce.side
        else f"the {scarce.rows:,}{of} tell no more than {_whole(scarce)} independent ones would"
    ) + f"{_why(group_by)}: too few to tell how good a model is, which takes {LEAST_GROUPS} or more"


def _whole(support: Support) -> str:
    return f"{support.groups:.1f}".removesuffix(".0")


def _why(group_by: str | None) -> str:
    return f" (those of one '{group_by}' count as one, heavy ones for more)" if group_by else ""
