"""The rows of a file, all of them or a worker's share, in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from widedeep.components.common.errors import DataError
from widedeep.components.common.settings import nearest
from widedeep.components.ingest.csv_files.header import NoRowsError
from widedeep.components.ingest.file_blocks import blocks
from widedeep.components.ingest.paths import folder_values
from widedeep.components.ingest.wanted_columns import BATCH_ROWS, BrokenRow, WantedColumns
from widedeep.components.scoring.rows.raw_rows import Rows, rows_of
from widedeep.components.scoring.rows.row_form import RowForm

# In which each row names its columns, so that only reading all tells whether one is there.
_WITHOUT_HEADER = ("jsonl", "tfrecord")
# Batches of what is written as one file on the way: of at most 8,192 rows each.
SEGMENT_BATCHES = 4


class Part(NamedTuple):
    """A worker's share of a file: each `parts`th segment from segment `number` on.

    Every worker reads all of the file, which costs a tenth of scoring it, and needs no format that can be cut.
    """

    number: int = 0
    parts: int = 1


@dataclass(frozen=True)
class _ScoredColumns(WantedColumns):
    """What is wanted of a file, in which optional features may be absent altogether.

    Attributes:
        form: of the rows.
        absent: gets the names of the columns that are absent.
    """

    form: RowForm = field(kw_only=True)
    absent: set[str] = field(kw_only=True)

    def of(self, names: Sequence[str], barred: Collection[str] = ()) -> list[str]:  # noqa: ARG002
        """Which columns to read. What a file bars may be kept beside the scores: no model was trained on it.

        Raises:
            DataError: a column is missing that is kept or can't be missing, or no feature is there.
        """
        missing = self.check(names)
        present = replace(self, needed=[name for name in self.needed if name not in missing])
        return WantedColumns.of(present, names)

    def check(self, names: Collection[str]) -> set[str]:
        """The optional columns that a file lacks, given the names of those that it has.

        Raises:
            DataError: a column is missing that is kept, or no feature is there.
        """
        there = {*names, *self.in_folders}
        for name in self.form.keep:
            if name not in there:
                raise DataError(f"{self.path}: there is no column '{name}' to keep: {nearest(name, there)}")
        if not there & self.form.features:
            raise DataError(
                f"{self.path}: has none of the model's columns, {', '.join(sorted(self.form.features))}, but "
                f"{', '.join(sorted(names)) or 'no other either'}."
            )
        missing = self.form.optional - there
        self.absent.update(missing)
        return set(missing)


def read(path: str, form: RowForm, absent: set[str], part: Part, leave_out: bool = False) -> Iterator[tuple[int, Rows]]:
    """Yields rows, up to 8,192 at a time, with the number of their segment.

    Args:
        path: the file.
        form: how it is written.
        absent: gets the names of optional columns that the file lacks.
        part: which of the rows.
        leave_out: whether rows that can't be told apart into columns are faults of their own, and not the file's.

    Raises:
        DataError: the file can't be read, or lacks a column that can't be missing.
    """
    folders = {name: value for name, value in folder_values(path).items() if name in form.needed}
    wanted = _ScoredColumns(
        path=path,
        needed=form.needed,
        in_folders=folders.keys(),
        dialect=form.dialect,
        undeclared=set(),
        separators=form.separators,
        words=form.words,
        numbers=form.numbers,
        broken=[] if leave_out else None,
        form=form,
        absent=absent,
    )
    row = batches = 0
    seen: set[str] = set()
    try:
        for block in blocks(form.file_format, wanted):
            seen.update(name for name in block.schema.names if block.column(name).null_count < block.num_rows)
            for start in range(0, block.num_rows, BATCH_ROWS):
                raw = block.slice(start, BATCH_ROWS)
                segment = batches // SEGMENT_BATCHES
                if segment % part.parts == part.number:
                    yield segment, rows_of(raw, form, path, row, folders, _broken(wanted, row, row + raw.num_rows))
                row, batches = row + raw.num_rows, batches + 1
    except NoRowsError:
        return
    if form.file_format in _WITHOUT_HEADER and row:
        wanted.check({*seen, *wanted.undeclared})


def _broken(wanted: WantedColumns, before: int, last: int) -> list[BrokenRow]:
    return [each for each in wanted.broken or () if before < each.row <= last]
