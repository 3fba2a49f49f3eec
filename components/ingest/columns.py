"""One raw column, as text or in Parquet's types, into the lists of values that a tf.Example holds."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from components.errors import DataError
from components.features.spec import FeatureSpec, Kind

# A longer value is a broken row (an unclosed quote, a pasted document), never a category.
MAX_VALUE_BYTES = 4096


def column_kinds(spec: FeatureSpec) -> dict[str, Kind | str]:
    """Every column the data must have, with its kind."""
    kinds: dict[str, Kind | str] = {feature.key: feature.kind for feature in spec.features}
    kinds[spec.label.key] = "label"
    if spec.weight:
        kinds[spec.weight] = "numeric"
    return kinds


class BadValueError(Exception):
    """A value that can't be used, by its position in the column."""

    def __init__(self, index: int, value: object, needed: str) -> None:
        super().__init__(index, value, needed)
        self.index, self.value, self.needed = index, value, needed


def to_lists(column: pa.Array, kind: Kind | str, separator: str) -> pa.ListArray:
    """A column of scalars or lists as lists of binary (text), float32 or int64 (label); a missing value is a null list.

    Raises:
        BadValueError: the first value that is no number, not finite, not UTF-8, too long, or (label) not 0 or 1.
        DataError: the column's type can't hold such a feature at all.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if kind == "set":
        return _set(column, separator).cast(pa.list_(pa.binary()))
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = _single(column)
    if kind == "categorical":
        return _wrap(_text(column)).cast(pa.list_(pa.binary()))
    values = _number(column, kind)
    return _wrap(_label(values) if kind == "label" else values)


def _wrap(values: pa.Array) -> pa.ListArray:
    valid = pc.is_valid(values)
    counts = pc.cumulative_sum(pc.cast(valid, pa.int32()))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), counts.cast(pa.int32())])
    return pa.ListArray.from_arrays(offsets, values.drop_null(), mask=pc.invert(valid))


def _single(column: pa.Array) -> pa.Array:
    many = pc.index(pc.greater(pc.fill_null(pc.list_value_length(column), 0), 1), pa.scalar(True)).as_py()
    if many >= 0:
        raise BadValueError(many, column[many].as_py(), "one value")
    return pc.list_element(pc.if_else(pc.equal(pc.list_value_length(column), 0), None, column), 0)


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return column.cast(pa.string())
    if not (_is_text(column.type) or pa.types.is_null(column.type)):
        raise DataError(f"is of type {column.type}; a categorical holds text or whole numbers: convert the column")
    text = _utf8(column)
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    too_long = pc.index(pc.greater(pc.binary_length(text), MAX_VALUE_BYTES), pa.scalar(True)).as_py()
    if too_long >= 0:
        value = text[too_long].as_py()
        needed = f"at most {MAX_VALUE_BYTES:,} bytes, this value has {len(value.encode()):,}"
        raise BadValueError(too_long, value, needed)
    return text


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )


def _utf8(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        for index, value in enumerate(column.to_pylist()):
            try:
                value is None or bytes(value).decode()
            except UnicodeDecodeError:
                raise BadValueError(index, value, "UTF-8 text") from None
        raise


def _number(column: pa.Array, kind: Kind | str) -> pa.Array:
    if _is_text(column.type):
        column = pc.utf8_trim_whitespace(_utf8(column))
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        wide = _parsed(column)
    else:
        wide = column.cast(pa.float64())
    if kind == "label":
        return wide
    values = pc.cast(wide, pa.float32(), safe=False)
    finite = pc.fill_null(pc.is_finite(values), True)
    infinite = pc.index(finite, pa.scalar(False)).as_py()
    if infinite >= 0:
        raise BadValueError(infinite, column[infinite].as_py(), "a finite number (leave a missing value empty)")
    return values


def _parsed(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.float64())
    except pa.ArrowInvalid:
        for index, value in enumerate(column.to_pylist()):
            try:
                value is None or pa.scalar(value).cast(pa.float64())
            except pa.ArrowInvalid:
                raise BadValueError(index, value, "a number") from None
        raise


def _label(values: pa.Array) -> pa.Array:
    fits = pc.fill_null(pc.is_in(values, pa.array([0.0, 1.0])), True)
    bad = pc.index(pc.if_else(pc.is_valid(values), fits, False), pa.scalar(False)).as_py()
    if bad >= 0:
        raise BadValueError(bad, values[bad].as_py(), "0 or 1, since this is the label")
    return values.cast(pa.int64())


def _set(column: pa.Array, separator: str) -> pa.ListArray:
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        column = pc.split_pattern(_utf8(column), separator)
    rows = pa.ListArray.from_arrays(column.offsets.cast(pa.int32()), column.values)
    try:
        members = _text(rows.values)
    except BadValueError as error:
        row = pc.index(pc.greater(rows.offsets, error.index), pa.scalar(True)).as_py() - 1
        raise BadValueError(row, error.value, error.needed) from None
    # Empty members ('a||b', or an empty field split) are dropped, a row that has none left is missing.
    kept = pc.cast(pc.is_valid(members), pa.int32())
    running = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(kept).cast(pa.int32())])
    offsets = pc.take(running, rows.offsets)
    empty = pc.equal(offsets[1:], offsets[:-1])
    return pa.ListArray.from_arrays(offsets, members.drop_null(), mask=empty)
