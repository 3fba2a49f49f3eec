"""Raw columns that go with the scores, as tables hold them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.ingest import scalars
from widedeep.components.ingest.arrow_columns import to_lists
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.scoring.rows.faults import converted


def raw_column(column: pa.Array, single: bool) -> tuple[pa.Array, list[BadValueError]]:
    """The values, and those that can't be told: bytes of a CSV file that are no text.

    Args:
        column: in the type of the file's format.
        single: whether a list stands for its one value, as in tf.Examples.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_list(column.type):
        return _text(column)
    if not single:
        return converted(column, _members) if _is_bytes(column.type.value_type) else (column, [])
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    many = pc.indices_nonzero(pc.greater(lengths, 1)).to_pylist()
    faults = [BadValueError(row, column[row].as_py(), "has several values, and can't be kept") for row in many]
    ends = pc.cumulative_sum(lengths)
    places = pc.if_else(pc.equal(lengths, 1), pc.subtract(ends, lengths), pa.scalar(None, ends.type))
    values, bad = _text(column.flatten().take(places))
    return values, [*faults, *bad]


def _text(column: pa.Array) -> tuple[pa.Array, list[BadValueError]]:
    return converted(column, scalars.strings) if _is_bytes(column.type) else (column, [])


def _members(column: pa.Array) -> pa.Array:
    """Lists of text."""
    return to_lists(column, "set", "").cast(pa.list_(pa.string()))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
