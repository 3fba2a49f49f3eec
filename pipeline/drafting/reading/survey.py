"""One pass over all rows: exact counts of every column, and a sample of the rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from widedeep.components.common.errors import DataError
from widedeep.components.ingest.csv_files.header import NoRowsError
from widedeep.components.ingest.file_blocks import blocks
from widedeep.components.ingest.paths import folder_values, locate
from widedeep.components.ingest.wanted_columns import WantedColumns
from widedeep.pipeline.drafting.files.forms import Form
from widedeep.pipeline.drafting.files.locations import Location
from widedeep.pipeline.drafting.reading.counts import Counts, plain
from widedeep.pipeline.drafting.reading.row_sample import RowSample

# How far a reading is: bytes read, of all; rows read.
Listener = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Survey:
    """What the rows hold.

    Attributes:
        counts: by column, of all rows.
        sample: of the rows, each column as strings or lists of strings.
        rows: how many there are.
    """

    counts: dict[str, Counts]
    sample: pa.Table
    rows: int


def survey(location: Location, form: Form, listener: Listener) -> Survey:
    """Reads all rows once.

    Args:
        location: the files.
        form: how they are written.
        listener: hears how far it is.

    Raises:
        DataError: a file can't be read, or there are no rows.
    """
    counts = {name: Counts() for name in form.columns}
    sample = RowSample(len(form.columns))
    sizes = {path: _size(path) for path in location.files}
    done, total = 0, sum(sizes.values())
    split_of = {path: split for split, (_, paths) in location.splits.items() for path in paths}
    for path in location.files:
        within = 0
        for block in _blocks(path, form):
            arrays = {}
            for name in form.columns:
                raw = block.column(name)
                arrays[name] = plain(raw)
                counts[name].add(raw, arrays[name])
            sample.add(arrays, split_of.get(path, ""))
            # What Arrow holds of a text is about what the file does.
            within = min(sizes[path], within + block.nbytes)
            listener(done + within, total, sample.rows)
        done += sizes[path]
        listener(done, total, sample.rows)
    if not sample.rows:
        raise DataError(f"{location.files[0]}: there are no rows.")
    return Survey(counts, sample.table(), sample.rows)


def _blocks(path: str, form: Form) -> Iterator[pa.RecordBatch]:
    folders = {name: value for name, value in folder_values(path).items() if name in form.columns}
    wanted = WantedColumns(
        path=path,
        needed=list(form.columns),
        in_folders=folders.keys(),
        dialect=form.dialect,
        undeclared=set(),
        separators=dict.fromkeys(form.lists, "\0"),
        # What is written as a number counts as one, whatever its column becomes.
        numbers=form.columns,
    )
    try:
        for block in blocks(form.file_format, wanted):
            for name, value in folders.items():
                if name not in block.schema.names:
                    block = block.append_column(name, pa.repeat(pa.scalar(value, pa.string()), block.num_rows))
            yield block
    except NoRowsError:
        return


def _size(path: str) -> int:
    filesystem, inner = locate(path)
    size = filesystem.get_file_info(inner).size
    return int(size or os.path.getsize(path))
