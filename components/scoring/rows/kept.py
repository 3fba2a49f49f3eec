"""Raw columns that go with the scores, as tables hold them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.ingest import scalars
from widedeep.components.ingest.scalars import BadValueError
from widedeep.components.scoring.rows.faults import converted


def kept(column: pa.Array, single: bool) -> tuple[pa.Array, list[BadValueError]]:
    """The values, and those that can't be told: bytes of a CSV file that are no text.

    Args:
        column: in the type of the file's format.
        single: whether a list stands for its one value, as in tf.Examples.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (single and pa.types.is_list(column.type)):
        return _text(column)
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    many = pc.indices_nonzero(pc.greater(lengths, 1)).to_pylist()
    faults = [BadValueError(row, column[row].as_py(), "has several values, and can't be kept") for row in many]
    ends = pc.cumulative_sum(lengths)
    places = pc.if_else(pc.equal(lengths, 1), pc.subtract(ends, lengths), pa.scalar(None, ends.type))
    values, bad = _text(column.flatten().take(places))
    return values, [*faults, *bad]


def _text(column: pa.Array) -> tuple[pa.Array, list[BadValueError]]:
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return converted(column, scalars.strings)
    return column, []
