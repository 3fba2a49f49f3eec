"""widedeep explain --importance: how much a model relies on each feature."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import pyarrow as pa

    from widedeep.components.explain.importance_record import ImportanceRecord

_CONFIDENCE = 0.95


def measure(
    model: Path, files: Sequence[str], file_format: str, most: int, watch: Callable[[str], None]
) -> ImportanceRecord:
    """Deals out each feature's values among rows of some files.

    Args:
        model: a served model.
        files: of raw rows.
        file_format: theirs.
        most: rows to read.
        watch: is told what goes on.
    """
    import pyarrow as pa

    from widedeep.components.explain.importance import importance
    from widedeep.components.features.model_files import declaration
    from widedeep.components.ingest import raw_files
    from widedeep.serving.literal_path import literal_path

    with literal_path(model) as literal:
        spec = declaration(str(literal))
        read = itertools.chain.from_iterable(raw_files.read(path, file_format, spec) for path in files)
        table = pa.Table.from_batches(list(_first(read, most + 1)))
        whole = table.num_rows <= most
        return importance(
            str(literal), table.slice(0, most), spec, _CONFIDENCE, lambda key: watch(f"without {key}"), whole
        )


def _first(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch
        rows -= batch.num_rows
        if rows <= 0:
            return


def table(record: ImportanceRecord) -> Table:
    """A row a feature."""
    shown = Table("feature", box=None, pad_edge=False)
    for head in (f"loss of {record.metric}", f"{100 * _CONFIDENCE:g} % interval"):
        shown.add_column(head, justify="right")
    for each in record.features:
        ends = "" if each.interval is None else f"{each.interval[0]:+.4f} to {each.interval[1]:+.4f}"
        shown.add_row(Text(each.feature), "n/a" if each.loss is None else f"{each.loss:+.4f}", ends)
    return shown
