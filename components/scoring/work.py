"""What a Beam worker does: it scores its share of a file, and leaves it in segments."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import apache_beam as beam
import pyarrow as pa

from widedeep.components import features
from widedeep.components.ingest.csv_files.dialect import CsvDialect
from widedeep.components.scoring import score_columns
from widedeep.components.scoring.rows.raw_rows import Rows
from widedeep.components.scoring.rows.reading import Part, read
from widedeep.components.scoring.rows.row_form import RowForm
from widedeep.components.scoring.score_counts import ScoreCounts
from widedeep.components.scoring.segments import SegmentWriter
from widedeep.components.scoring.served_scores import ServedScores


@dataclass(frozen=True)
class Plan:
    """What is the same for all workers.

    Attributes:
        model: folder of the pushed version.
        spec: its declaration, as JSON.
        file_format: of the rows.
        dialect: of text files.
        keep: raw columns that go with the scores.
        measure: whether labels are read.
        leave_out: whether rows that can't be scored are left out; else the first one ends the work.
        threads: of each worker.
        folder: of the segments, which all workers see.
    """

    model: str
    spec: str
    file_format: str
    dialect: CsvDialect
    keep: tuple[str, ...]
    measure: bool
    leave_out: bool
    threads: int
    folder: str

    @property
    def form(self) -> RowForm:
        """Of the rows."""
        return RowForm(features.from_json(self.spec), self.file_format, self.dialect, self.keep, self.measure)


class Job(NamedTuple):
    """A share of a file, which has this number among the files."""

    file: int
    path: str
    part: Part


class Score(beam.DoFn):
    """Scores shares of files, and yields the counts of each."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def setup(self) -> None:
        """Loads the model, once a worker."""
        self._form = self._plan.form
        self._model = ServedScores(self._plan.model, self._plan.threads)

    def process(self, job: Job) -> Iterator[ScoreCounts]:
        """Reads a share of a file.

        Raises:
            DataError: the file can't be read, or a row can't be scored that is not to be left out.
        """
        absent: set[str] = set()
        counts = ScoreCounts(self._form.spec.label)
        rows = read(job.path, self._form, absent, job.part, self._plan.leave_out)
        for number, group in itertools.groupby(rows, lambda numbered: numbered[0]):
            with SegmentWriter(Path(self._plan.folder), job.file, number) as writer:
                for _, each in group:
                    writer.write(self._scored(job, each, counts), list(_lines(each)))
        counts.absent = {column: {job.path} for column in absent}
        yield counts

    def _scored(self, job: Job, rows: Rows, counts: ScoreCounts) -> pa.RecordBatch:
        if rows.faults and not self._plan.leave_out:
            raise rows.faults[0].error()
        for fault in rows.faults[:1]:
            first = job.file, fault.row, fault.text
            counts.first_fault = min(counts.first_fault or first, first)
        counts.aside += len(rows.faults)
        counts.rows += rows.batch.num_rows
        examples, scores = self._model.of(rows.batch)
        label = self._form.spec.label
        if rows.label is not None:
            counts.measure(examples, scores, rows.label, rows.weight)
        return score_columns.table(label, job.path, rows.numbers, rows.kept, scores)


def _lines(rows: Rows) -> Iterator[bytes]:
    """A line of JSON for each row that was left out."""
    if rows.aside is None:
        return
    for fault, values in zip(rows.faults, rows.aside.to_pylist(), strict=True):
        line = {"file": fault.path, "row": fault.row, "column": fault.column, "reason": fault.reason}
        told = {name: _json(value) for name, value in values.items()}
        whole = line | ({"values": told} if fault.line is None else {"line": fault.line})
        yield json.dumps(whole, ensure_ascii=False).encode() + b"\n"


def _json(value: object) -> object:
    """A raw value as JSON has it."""
    if isinstance(value, list):
        return [_json(member) for member in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str | None) else str(value)
