"""Scores of whole files on Beam: shares of them to workers, their segments put together, and what came of it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from widedeep.components import features
from widedeep.components.common.errors import DataError, WideDeepError, unwrap
from widedeep.components.common.process import beam_memos
from widedeep.components.common.work_items import WorkItems
from widedeep.components.ingest.csv_files.header import NO_ROWS
from widedeep.components.scoring.output import Output
from widedeep.components.scoring.quality import quality
from widedeep.components.scoring.rows.reading import Part
from widedeep.components.scoring.score_counts import ScoreCounts, Total
from widedeep.components.scoring.score_record import ScoreRecord
from widedeep.components.scoring.segments import asides, segments
from widedeep.components.scoring.work import Job, Plan, Score

_RECORD = "record.json"


@dataclass(frozen=True)
class Watch:
    """Who is told how far the work is.

    Attributes:
        folder: that the segments appear in, once it is there.
        written: rows of the output that are written.
    """

    folder: Callable[[Path], None]
    written: Callable[[int], None]


def score_files(
    plan: Plan,
    paths: Sequence[str],
    parts: int,
    output: Output,
    skip_bad: Path | None,
    beam_args: list[str],
    watch: Watch,
    job: AbstractContextManager[None] | None = None,
) -> ScoreRecord:
    """Scores files, and writes their scores in the files' order.

    Args:
        plan: how; its folder is chosen here.
        paths: the files.
        parts: workers that share each of them.
        output: where the scores go.
        skip_bad: file of the rows that can't be scored, a line of JSON each; None: there may be none.
        beam_args: Beam's options.
        watch: who looks on.
        job: in which Beam runs, once nobody else can be writing the same output.

    Raises:
        DataError: a file or a row can't be used, or there is no row to score.
        WideDeepError: the disk is full.
    """
    jobs = [Job(number, path, Part(part, parts)) for number, path in enumerate(paths) for part in range(parts)]
    with output.draft() as draft:
        folder = draft / "segments"
        folder.mkdir()
        watch.folder(folder)
        try:
            with job or nullcontext():
                _run(replace(plan, folder=str(folder)), jobs, draft / _RECORD, beam_args)
        except Exception as error:
            raise _known(error, output) from error
        record = ScoreRecord.read(draft / _RECORD)
        if not record.rows:
            why = f"none of the {record.aside:,} rows can be scored. {record.first_fault}" if record.aside else NO_ROWS
            raise DataError(f"{paths[0]}{f' and {len(paths) - 1} more' if paths[1:] else ''}: {why}")
        # Before the scores: where these are, all is.
        if skip_bad is not None:
            _join(asides(folder), draft, skip_bad)
        try:
            output.write(segments(folder), draft, watch.written)
        except OSError as error:
            raise _known(error, output) from error
        return record


def _known(error: Exception, output: Output) -> BaseException:
    """What stopped the work, in words where a person can mend it."""
    # Beam hands over what a worker in another process raised as text.
    if any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT)):
        return WideDeepError(f"--out {output.path}: the disk is full. Free some space; nothing was written.")
    return unwrap(error)


def _run(plan: Plan, jobs: Sequence[Job], record: Path, beam_args: list[str]) -> None:
    beam_memos.install()
    label = features.from_json(plan.spec).label
    with beam.Pipeline(options=PipelineOptions(beam_args)) as pipeline:
        (
            pipeline
            | "Shares" >> WorkItems(jobs)
            | "Score" >> beam.ParDo(Score(plan))
            | "All" >> beam.CombineGlobally(Total(label))
            | "Record" >> beam.Map(_record, str(record), plan.measure)
        )


def _record(total: ScoreCounts, path: str, measured: bool) -> None:
    ScoreRecord(
        rows=total.rows,
        aside=total.aside,
        unlabelled=total.unlabelled,
        absent={column: len(files) for column, files in sorted(total.absent.items())},
        first_fault=total.first_fault[2] if total.first_fault else None,
        metrics=quality(total.measured) if measured else {},
    ).write(path)


def _join(files: Sequence[Path], draft: Path, target: Path) -> None:
    joined = draft / "aside.jsonl"
    with joined.open("wb") as out:
        for path in files:
            with path.open("rb") as part:
                shutil.copyfileobj(part, out)
    # It may lie on another file system than the draft.
    beside = target.with_name(f".{target.name}.draft")
    shutil.copyfile(joined, beside)
    os.replace(beside, target)
