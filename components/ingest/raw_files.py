"""Streams one raw file as Arrow batches of checked list columns, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet

from widedeep.components.common.errors import DataError, reason, shown
from widedeep.components.common.settings import nearest
from widedeep.components.features.names import declared_as, key_for
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest import csv_file
from widedeep.components.ingest.arrow_columns import column_kinds, narrowed, rest_of, to_lists, with_rest
from widedeep.components.ingest.number_profile import NumberProfile
from widedeep.components.ingest.paths import locate
from widedeep.components.ingest.scalars import BadValueError

FORMATS = ("csv", "parquet", "tfrecord")
# TFRecords that ExampleGen wrote: what they hold is named by the features' keys.
EXAMPLES = "examples"
_BATCH_ROWS = 8192
_BUFFER_BYTES = 1 << 20


def read(
    path: str, file_format: str, spec: FeatureSpec, labelled: bool = True, profile: NumberProfile | None = None
) -> Iterator[pa.RecordBatch]:
    """Yields batches of up to 8,192 rows with one list column a declared column, in the declaration's order.

    A number of 64 bits has two, the number in 32 bits and its rest.

    The batches' columns are named by keys. The file's columns may stand in any order, and others are ignored. Rows that
    are not `labelled` need neither label nor weight.

    Args:
        path: the file.
        file_format: one of FORMATS, or EXAMPLES.
        spec: the declaration.
        labelled: whether label and weight are needed.
        profile: what sees the numbers in 64 bits.

    Raises:
        DataError: names the file, the row (counted from 1, a CSV's header not counted), the column, the value
            and what is needed.
    """
    kinds = column_kinds(spec, labelled)
    separators = {feature.key: feature.separator for feature in spec.features}
    columns = {key: key if file_format == EXAMPLES else spec.columns[key] for key in kinds}
    rests = {feature.key: feature.rest for feature in spec.features if feature.rest}
    needed = [*columns.values(), *(rests.values() if file_format == EXAMPLES else ())]
    row = 0
    for block in _blocks(path, file_format, list(dict.fromkeys(needed))):
        for start in range(0, block.num_rows, _BATCH_ROWS):
            batch = block.slice(start, _BATCH_ROWS)
            arrays: dict[str, pa.Array] = {}
            for key, kind in kinds.items():
                try:
                    lists = to_lists(batch.column(columns[key]), kind, separators.get(key, "|"))
                except BadValueError as error:
                    where = f"{path}, row {row + error.index + 1}, column '{columns[key]}'"
                    value = "the value" if error.value is None else shown(error.value)
                    raise DataError(f"{where}: {value} {error.fault}.") from None
                except DataError as error:
                    raise DataError(f"{path}: column '{columns[key]}' {error}.") from None
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
        raise DataError(f"{path}: {csv_file.NO_ROWS}")


def _blocks(path: str, file_format: str, needed: list[str]) -> Iterator[pa.RecordBatch]:
    try:
        yield from _RAW[file_format](path, needed)
    except OSError as error:  # Arrow's errors of files and of compression are such
        raise DataError(f"{path}: can't be read: {reason(error)}. Is the file whole?") from None


def _check_columns(path: str, names: Sequence[str], needed: list[str]) -> None:
    count = Counter(names)
    for name in needed:
        if name not in count:
            extra = set(names) - set(needed)
            hint = _meant(name, extra)
            raise DataError(
                f"{path}: there is no column '{name}', which features.yaml declares"
                f"{': ' + hint if extra else ', and no other column that it could be.'}"
            )
        if count[name] > 1:
            raise DataError(f"{path}: the column '{name}' stands {count[name]} times in the header. Rename the others.")


def _meant(name: str, extra: set[str]) -> str:
    """Which of the columns that are not declared is meant."""
    for column in sorted(extra):
        if key_for(column) == name:
            return f"if {shown(column)} is meant, write {declared_as(column)}."
    return nearest(name, extra).replace("known are:", "the columns that features.yaml does not name are:")


def _csv(path: str, needed: list[str]) -> Iterator[pa.RecordBatch]:
    names = csv_file.header(path)
    _check_columns(path, names, needed)
    yield from csv_file.read(path, needed)


def _parquet(path: str, needed: list[str]) -> Iterator[pa.RecordBatch]:
    filesystem, inner = locate(path)
    try:
        with filesystem.open_input_file(inner) as source:
            file = pyarrow.parquet.ParquetFile(source, buffer_size=_BUFFER_BYTES)
            _check_columns(path, file.schema_arrow.names, needed)
            yield from file.iter_batches(batch_size=_BATCH_ROWS, columns=needed)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: is not readable as Parquet: {reason(error)}. Is data.format right?") from None


def _tfrecord(path: str, needed: list[str]) -> Iterator[pa.RecordBatch]:
    # Only here, since reading the other formats needs no TensorFlow.
    import tensorflow as tf
    from tfx_bsl.coders import example_coder

    decoder = example_coder.ExamplesToRecordBatchDecoder()
    compression = "GZIP" if path.endswith(".gz") else ""
    records = tf.data.TFRecordDataset(path, compression).batch(_BATCH_ROWS).as_numpy_iterator()
    row = 0
    try:
        for serialized in records:
            batch = decoder.DecodeBatch(list(serialized))
            for name in needed:
                # In tf.Examples a feature that no row of a batch has leaves no trace, which is no fault.
                if name not in batch.schema.names:
                    batch = batch.append_column(name, pa.nulls(batch.num_rows))
            row += batch.num_rows
            yield batch.select(needed)
    except (tf.errors.OpError, RuntimeError) as error:
        message = error.message if isinstance(error, tf.errors.OpError) else str(error)
        where = f"{path}, from row {row + 1} on"
        raise DataError(f"{where}: is not readable as TFRecord of tf.Examples: {reason(message)}.") from None
    if compression:
        _check_whole(path)


def _check_whole(path: str) -> None:
    """TensorFlow takes a gzip file that is cut between two records for a whole one; Arrow's reader raises OSError."""
    with csv_file.open_stream(path) as stream:
        while stream.read(_BUFFER_BYTES):
            pass


_RAW = {"csv": _csv, "parquet": _parquet, "tfrecord": _tfrecord, EXAMPLES: _tfrecord}
