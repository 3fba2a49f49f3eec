"""What the terminal and the report both say about a run."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from widedeep.components.common.metrics import in_order


def wide_part(wide: dict[str, int]) -> str | None:
    """How many wide weights L1 left, None where there is no wide part.

    Args:
        wide: its `rows`, and those that are `nonzero`.
    """
    if not wide["rows"]:
        return None
    zero = 1 - wide["nonzero"] / wide["rows"]
    return f"{wide['nonzero']:,} of {wide['rows']:,} wide weights are not zero ({zero:.1%} are)"


def superseded(pushed_to: str, by: str) -> str:
    """What stands in the way of a version that an earlier run pushed.

    Args:
        pushed_to: its folder.
        by: the folder of the version that servers take.
    """
    mine, newest = (PurePosixPath(folder).name for folder in (pushed_to, by))
    return (
        f"version {newest} has been pushed since, and servers take that one; "
        f"to put this one back: widedeep models WORKDIR rollback {mine}"
    )


def start(base: dict[str, Any]) -> list[str]:
    """What a warm start took over: a sentence on the model, then what it did not take.

    Args:
        base: the `model`, its `quality` before the first step, and what was `not_taken`.
    """
    metrics = ", ".join(f"{name} {base['quality'][name]:.4f}" for name in in_order(base["quality"]))
    return [f"from {base['model']}, on eval before the first step: {metrics}", *base["not_taken"]]


def tried(dry_run: dict[str, Any]) -> str | None:
    """How the candidate did as a server, in one line; None where it was not tried.

    Args:
        dry_run: the `server`, and the `checks` (see components/dryrun/trial.py).
    """
    measured = [f"{one['name']} {_short(one['value'])}" for one in dry_run["checks"] if one["value"] is not None]
    if not dry_run["checks"]:
        return None
    return f"{dry_run['server'].replace('_', ' ')}: {'; '.join(measured)}" if measured else "it could not be served"


def _short(value: float) -> str:
    return f"{value:.1e}" if 0 < abs(value) < 0.01 else f"{value:,.1f}".removesuffix(".0")
