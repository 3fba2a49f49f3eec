"""How files are written, by what stands at their beginning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.parquet

from widedeep.components.common.errors import ConfigError, DataError, reason
from widedeep.components.common.settings import nearest
from widedeep.components.ingest.csv_files.dialect import CsvDialect
from widedeep.components.ingest.parquet_files.barred import barred
from widedeep.components.ingest.paths import folder_values, locate
from widedeep.components.ingest.streams.compression import open_stream
from widedeep.components.ingest.streams.text_form import UTF8
from widedeep.pipeline.drafting.files.json_columns import json_columns
from widedeep.pipeline.drafting.files.locations import Location
from widedeep.pipeline.drafting.files.text_forms import decoded, text_form

_START_BYTES = 1 << 20


@dataclass(frozen=True)
class Form:
    """How files are written.

    Attributes:
        file_format: csv, tsv, jsonl, parquet or tfrecord.
        dialect: of text files.
        columns: the names of all columns, those of the folders' names last.
        reason: what it was seen by.
        lists: of JSON lines, the columns that hold lists.
        in_folders: how many of the columns are of the folders' names.
        aside: what is said of files or columns that differ.
    """

    file_format: str
    dialect: CsvDialect
    columns: tuple[str, ...]
    reason: str
    lists: tuple[str, ...] = ()
    in_folders: int = 0
    aside: str = ""


def form_of(location: Location, label: str | None = None) -> Form:
    """How the files are written: seen of the first one.

    Args:
        location: the files.
        label: what a person calls the label's column: a row that has it is one of names.

    Raises:
        ConfigError: it is of no format that can be read.
        DataError: it can't be read, or has no rows.
    """
    path = location.files[0]
    start = _start(path)
    file_format = location.ending or _format_by(start)
    folders = [name for name in folder_values(path) if f"{name}=" not in location.folder]
    if file_format == "parquet":
        form = Form("parquet", CsvDialect(), parquet_columns(path), "Parquet", aside=_barred(path))
    elif file_format == "tfrecord":
        form = Form("tfrecord", CsvDialect(), _tfrecord_columns(location.files), "TFRecords of tf.Examples")
    elif file_format == "jsonl":
        whole = len(start) < _START_BYTES
        text, encoding = decoded(start, whole)
        json_names = json_columns(path, text, whole)
        dialect = CsvDialect(encoding=encoding or UTF8)
        form = Form(
            "jsonl", dialect, json_names.names, "a JSON object a line", lists=json_names.lists, aside=json_names.aside
        )
    else:
        form = Form(*text_form(path, start, len(start) < _START_BYTES, file_format, label))
    of_folders = [name for name in folders if name not in form.columns]
    columns = (*form.columns, *of_folders)
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        raise DataError(f"{path}: the column '{twice[0]}' stands in the header more than once. Rename the others.")
    return replace(form, columns=columns, in_folders=len(of_folders))


def _start(path: str) -> bytes:
    try:
        with open_stream(path) as stream:
            start: bytes = stream.read(_START_BYTES)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: can't be read: {reason(error)}. Is the file whole?") from None
    if not start.strip():
        raise DataError(f"{path}: the file is empty.")
    return start


def _format_by(start: bytes) -> str:
    if start.startswith(b"PAR1"):
        return "parquet"
    return "jsonl" if re.match(r"\s*(\{|\[\s*[{\[])", decoded(start, whole=False)[0]) else "csv"


def parquet_columns(path: str) -> tuple[str, ...]:
    """The names of a file's columns but those that it bars. Raises DataError where it can't be read."""
    schema = _parquet_schema(path)
    left_out = barred(schema, path)
    return tuple(name for name in schema.names if name not in left_out)


def _barred(path: str) -> str:
    columns = barred(_parquet_schema(path), path)
    return f"left out, as the files say that no model may read them: {', '.join(columns)}" if columns else ""


def _parquet_schema(path: str) -> pa.Schema:
    filesystem, inner = locate(path)
    try:
        with filesystem.open_input_file(inner) as source:
            return pyarrow.parquet.ParquetFile(source).schema_arrow
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: is not readable as Parquet: {reason(error)}.") from None


def _tfrecord_columns(paths: Sequence[str]) -> tuple[str, ...]:
    """Of a sample: a feature that no row has leaves no trace."""
    import tensorflow as tf
    from tfx_bsl.coders import example_coder

    with tf.io.gfile.GFile(paths[0], "rb") as file:
        packed = file.read(3) == b"\x1f\x8b\x08"
    records = tf.data.TFRecordDataset(paths[0], "GZIP" if packed else "").take(10_000).batch(10_000)
    names: dict[str, None] = {}
    try:
        for batch in records.as_numpy_iterator():
            names |= dict.fromkeys(example_coder.ExamplesToRecordBatchDecoder().DecodeBatch(list(batch)).schema.names)
    except (tf.errors.OpError, RuntimeError) as error:
        raise DataError(f"{paths[0]}: is not readable as TFRecord of tf.Examples: {reason(error)}.") from None
    return tuple(names)


def resolve_column(name: str, columns: Sequence[str], option: str) -> str:
    """The column that a person means by its name, or by its number from 1.

    Raises:
        ConfigError: there is none.
    """
    if name in columns:
        return name
    if name.isdecimal() and 1 <= int(name) <= len(columns):
        return columns[int(name) - 1]
    raise ConfigError(f"{option} {name}: there is no such column: {nearest(name, columns)}")
