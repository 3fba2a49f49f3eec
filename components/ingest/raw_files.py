"""Streams one raw file as Arrow batches of checked list columns, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from widedeep.components.common.errors import DataError, shown
from widedeep.components.features.spec import FeatureSpec, Label
from widedeep.components.ingest.arrow_columns import column_kinds, narrowed, rest_of, to_lists, with_rest
from widedeep.components.ingest.csv_files import hints, reader
from widedeep.components.ingest.csv_files.dialect import PLAIN, CsvDialect
from widedeep.components.ingest.csv_files.reader import NoRowsError
from widedeep.components.ingest.file_blocks import BATCH_ROWS, EXAMPLES, WantedColumns, blocks
from widedeep.components.ingest.labels.label_hints import of_label
from widedeep.components.ingest.numbers.number_profile import NumberProfile
from widedeep.components.ingest.paths import folder_values
from widedeep.components.ingest.scalars import BadValueError

FORMATS = ("csv", "parquet", "tfrecord")


def read(
    path: str,
    file_format: str,
    spec: FeatureSpec,
    labelled: bool = True,
    dialect: CsvDialect = PLAIN,
    undeclared: set[str] | None = None,
    profile: NumberProfile | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yields batches of up to 8,192 rows with one list column a declared column, in the declaration's order.

    A number of 64 bits has two, the number in 32 bits and its rest. The batches' columns are named by keys. The file's
    columns may stand in any order, and others are ignored; one that the file lacks may be the key of a
    folder above it ("dt=2024-01-01/"). Rows that are not `labelled` need neither label nor weight.

    Args:
        path: the file.
        file_format: one of FORMATS, or EXAMPLES.
        spec: the declaration.
        labelled: whether the rows have label and weight.
        dialect: of a CSV file.
        undeclared: gets the names of the columns that are ignored.
        profile: what sees the numbers in 64 bits.

    Raises:
        NoRowsError: there is no row in it.
        DataError: names the file, the row (counted from 1, a CSV's header not counted), the column, the value
            and what is needed.
    """
    kinds = column_kinds(spec, labelled)
    if labelled and file_format == EXAMPLES:
        kinds[spec.label.key] = spec.label.without_rule
    columns = {key: key if file_format == EXAMPLES else spec.columns[key] for key in kinds}
    rests = {feature.key: feature.rest for feature in spec.features if feature.rest}
    needed = list(dict.fromkeys([*columns.values(), *(rests.values() if file_format == EXAMPLES else ())]))
    folders = {name: value for name, value in folder_values(path).items() if name in needed}
    separators = {feature.key: feature.separator for feature in spec.features}
    row = 0
    wanted = WantedColumns(path, needed, folders.keys(), dialect, set() if undeclared is None else undeclared)
    for block in blocks(file_format, wanted):
        for start in range(0, block.num_rows, BATCH_ROWS):
            batch = block.slice(start, BATCH_ROWS)
            arrays: dict[str, pa.Array] = {}
            for key, kind in kinds.items():
                name = columns[key]
                try:
                    if name in batch.schema.names:
                        column = batch.column(name)
                    else:
                        column = pa.repeat(pa.scalar(folders[name], pa.string()), batch.num_rows)
                    lists = to_lists(column, kind, separators.get(key, "|"))
                except BadValueError as error:
                    where = f"{path}, row {row + error.index + 1}, column '{name}'"
                    value = "the value" if error.value is None else shown(error.value)
                    hint = (
                        of_label(error.value, kind)
                        if isinstance(kind, Label)
                        else hints.of_value(error.value, kind, file_format)
                    )
                    raise DataError(f"{where}: {value} {error.fault}{hint}.") from None
                except DataError as error:
                    raise DataError(f"{path}: column '{name}' {error}.") from None
                if key in rests and file_format == EXAMPLES:
                    lists = with_rest(lists, batch.column(rests[key]))
                if profile:
                    profile.add(key, row + 1, lists)
                arrays[key] = narrowed(lists)
                if key in rests:
                    arrays[rests[key]] = rest_of(lists)
            row += batch.num_rows
            yield pa.RecordBatch.from_pydict(arrays)
    if row == 0:
        raise NoRowsError(f"{path}: {reader.NO_ROWS}")
