"""Whether the rows of a split can tell how good a model is; else, why not, in words."""

from __future__ import annotations

from widedeep.components.evaluator.measurement import LEAST_GROUPS, Measurement, Part


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
    takes = f"too few to tell how good a model is, which takes {LEAST_GROUPS} or more"
    if scarce.rows < LEAST_GROUPS:
        if scarce.side:
            return f"only {scarce.rows:,} of the {part.rows:,.0f} rows of '{split}' have {scarce.side}: {takes}"
        return f"'{split}' has only {scarce.rows:,} rows: {takes}"
    some = f"{scarce.rows:,} of the {part.rows:,.0f} rows of '{split}' that have {scarce.side}"
    these = some if scarce.side else f"{scarce.rows:,} rows of '{split}'"
    # Rows of few users, of which some have most, or rows of which a few have most of the weight.
    why = f" (those of one '{group_by}' count as one)" if group_by else ""
    return f"the {these} tell no more than {_short(scarce.groups)} independent ones would{why}: {takes}"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
