"""What the terminal and the report both say about a run."""

from __future__ import annotations

from pathlib import PurePosixPath

from widedeep.components.common.metrics import in_order
from widedeep.components.dryrun.dry_run_record import DryRunRecord
from widedeep.components.evaluator.measurement import ListCounts
from widedeep.components.evaluator.rails.rails_record import RailsRecord
from widedeep.components.trainer.training.training_record import WarmStart, WidePart


def wide_part(wide: WidePart) -> str | None:
    """How many wide weights L1 left, None where there is no wide part."""
    if not wide.rows:
        return None
    if not wide.nonzero:
        return f"all {wide.rows:,} wide weights are 0: the wide part adds nothing; lower training.wide.l1"
    if wide.nonzero == wide.rows:
        return f"all {wide.rows:,} wide weights differ from 0"
    share = wide.nonzero / wide.rows
    return f"{wide.nonzero:,} of {wide.rows:,} wide weights ({share:.1%}) differ from 0; L1 left the others at 0"


def ranked(lists: ListCounts) -> str:
    """What the metrics of lists are means over."""
    outside = f"; {lists.rows_outside:,} rows have none" if lists.rows_outside else ""
    return f"{lists.words}{outside}"


def beside(rails: RailsRecord) -> str:
    """What much simpler models came to: auc 0.5000 constant, 0.7246 popularity of movie_id, ..."""
    main = in_order(rails.candidate)[0]
    values = [(rail.name.replace("_", " "), rail.metrics[main]) for rail in rails.rails]
    named = [(f"{name} of {rails.candidate_key}" if name == "popularity" else name, value) for name, value in values]
    return f"{main} of " + ", ".join(f"{name} {value:.4f}" for name, value in named if value is not None)


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


def warm_start(base: WarmStart) -> list[str]:
    """What a warm start took over: a sentence on the model, then what it did not take."""
    values = [(name, base.quality[name]) for name in in_order(base.quality)]
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in values if value is not None)
    return [f"from {base.model}, on eval before the first step: {metrics}", *base.not_taken]


def dry_run(record: DryRunRecord) -> str | None:
    """How the candidate did as a server, in one line; None where it was not tried."""
    values = [f"{check.name} {_short(check.value)}" for check in record.checks if check.value is not None]
    if not record.checks:
        return None
    return f"{record.server.replace('_', ' ')}: {'; '.join(values)}" if values else "it could not be served"


def _short(value: float) -> str:
    return f"{value:.1e}" if 0 < abs(value) < 0.01 else f"{value:,.1f}".removesuffix(".0")
