"""Runs of a working directory side by side: what they were made with where that differs, and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from widedeep.components.common.errors import RecordError
from widedeep.components.common.metrics import higher_is_better, in_order
from widedeep.components.common.records import Number
from widedeep.pipeline.record.settings import settings_of
from widedeep.pipeline.record.summary import Summary

# What a run has that another lacks, or its record does not tell.
UNKNOWN = "n/a"


@dataclass(frozen=True)
class ComparedRun:
    """One finished run.

    Attributes:
        run_id: its name.
        outcome: pushed as 3, blessed, not blessed, no verdict.
        metrics: the candidate's, by name.
        seconds: of all components.
        train_seconds: of the training's passes over the rows, whichever run made it.
        settings: those in which some runs differ; UNKNOWN where it has no such setting.
        report: path of its report.
        best: whether it has the best main metric.
    """

    run_id: str
    outcome: str
    metrics: dict[str, Number]
    seconds: float
    train_seconds: float
    settings: dict[str, str]
    report: str
    best: bool


@dataclass(frozen=True)
class RunComparison:
    """Runs, the oldest first.

    Attributes:
        pipeline: its name.
        metrics: that any of them has, the main one first.
        differing: the settings in which they differ.
        runs: the runs.
        unfinished: runs without a record.
        unread: for each record that can't be read, why.
    """

    pipeline: str
    metrics: list[str]
    differing: list[str]
    runs: list[ComparedRun]
    unfinished: int
    unread: list[str]


def compare_runs(runs: Path, last: int | None = None) -> RunComparison:
    """Reads the records of finished runs.

    Args:
        runs: the folder of the runs' folders.
        last: how many of them, the newest; None: all.
    """
    summaries: list[Summary] = []
    unread: list[str] = []
    folders = sorted(path for path in runs.glob("*") if path.is_dir())
    finished = [path / "run.json" for path in folders if (path / "run.json").is_file()]
    for record in finished[-last:] if last else finished:
        try:
            summaries.append(Summary.read(record))
        except RecordError as error:
            unread.append(str(error))
    return _comparison(summaries, len(folders) - len(finished), unread)


def _comparison(summaries: Sequence[Summary], unfinished: int, unread: list[str]) -> RunComparison:
    settings = [settings_of(summary) for summary in summaries]
    # A record without settings tells of no difference.
    known = [each for each in settings if each]
    keys = list(dict.fromkeys(key for each in known for key in each))
    differing = [key for key in keys if len({each.get(key, UNKNOWN) for each in known}) > 1]
    metrics = in_order(name for summary in summaries for name in summary.metrics.get("candidate", {}))
    best = _best(summaries, metrics)
    return RunComparison(
        pipeline=summaries[-1].pipeline if summaries else "",
        metrics=metrics,
        differing=differing,
        runs=[
            ComparedRun(
                run_id=summary.run_id,
                outcome=_outcome(summary),
                metrics={name: summary.metrics.get("candidate", {}).get(name) for name in metrics},
                seconds=round(sum(node.seconds for node in summary.components), 1),
                train_seconds=round(sum(epoch.seconds for epoch in summary.training), 1),
                settings={key: own.get(key, UNKNOWN) for key in differing},
                report=summary.report,
                best=number == best,
            )
            for number, (summary, own) in enumerate(zip(summaries, settings, strict=True))
        ],
        unfinished=unfinished,
        unread=unread,
    )


def _best(summaries: Sequence[Summary], metrics: Sequence[str]) -> int | None:
    """The place of the run with the best main metric; None where there is nothing to choose from."""
    if not metrics or len(summaries) < 2:
        return None
    sign = 1 if higher_is_better(metrics[0]) else -1
    values = [(number, each.metrics.get("candidate", {}).get(metrics[0])) for number, each in enumerate(summaries)]
    known = [(sign * value, -number) for number, value in values if value is not None]
    return -max(known)[1] if known else None


def _outcome(summary: Summary) -> str:
    if summary.pushed_to:
        return f"pushed as {Path(summary.pushed_to).name}"
    return "blessed" if summary.blessed else "no verdict" if summary.is_open else "not blessed"
