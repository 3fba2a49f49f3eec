"""The values of one raw column, as text or numbers: checked, with the position of a bad one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.common.errors import DataError

# A longer value is a broken row (an unclosed quote, a pasted document), never a category.
MAX_VALUE_BYTES = 4096


class BadValueError(Exception):
    """A value that can't be used, by its position in the column; `fault` says of it "is ..." or "has ..."."""

    def __init__(self, index: int, value: object, fault: str) -> None:
        super().__init__(index, value, fault)
        self.index, self.value, self.fault = index, value, fault


def strings(values: pa.Array) -> pa.Array:
    """Strings of any length. Whole numbers, decimals too, and booleans become their digits and names ("true").

    Raises:
        BadValueError: a value is not UTF-8.
        DataError: the type holds no categories.
    """
    values = decode_dictionary(values)
    if pa.types.is_integer(values.type) or pa.types.is_boolean(values.type):
        return values.cast(pa.string())
    if pa.types.is_decimal(values.type) and values.type.scale <= 0:
        # Databases write whole numbers so: NUMBER(38, 0).
        return values.cast(pa.decimal256(76, 0)).cast(pa.string())
    if is_text(values.type) or pa.types.is_null(values.type):
        return utf8(values)
    hint = ""
    if pa.types.is_floating(values.type):
        # 1.0 here and "1" in a request would be two categories, so no text is made up for a float.
        hint = " (pandas turns whole numbers with gaps into floats; astype('Int64') turns them back)"
    raise DataError(f"is of type {values.type}, but a category is text or a whole number: convert the column{hint}")


def text(values: pa.Array) -> pa.Array:
    """Categories: `strings`, where an empty one is missing, too.

    Raises:
        BadValueError: a value is not UTF-8, or too long.
        DataError: the type holds no categories.
    """
    texts = without_empty(strings(values))
    too_long = first(pc.greater(pc.binary_length(texts), MAX_VALUE_BYTES))
    if too_long is not None:
        value = texts[too_long].as_py()
        fault = f"has {len(value.encode()):,} bytes, and a category at most {MAX_VALUE_BYTES:,} (is a quote left open?)"
        raise BadValueError(too_long, value, fault)
    return texts


def number(values: pa.Array) -> pa.Array:
    """float64, each finite in 32 bits too; null, or text of blanks alone, is missing.

    Raises:
        BadValueError: a value is no number, or not finite in 32 bits.
        DataError: the type holds no numbers.
    """
    values = decode_dictionary(values)
    numbers = double(values)
    infinite = first(pc.invert(pc.is_finite(numbers.cast(pa.float32(), safe=False))))
    if infinite is not None:
        fault = "is not a finite number of 32 bits (leave a missing value empty)"
        raise BadValueError(infinite, values[infinite].as_py(), fault)
    return numbers


def first(flags: pa.Array) -> int | None:
    """Position of the first true flag; a null is none."""
    index = pc.index(flags, pa.scalar(True)).as_py()
    return None if index < 0 else int(index)


def without_empty(values: pa.Array) -> pa.Array:
    """Texts, of which the empty one is missing."""
    # Not if_else: of a slice of strings Arrow 18 makes an array with wrong offsets.
    return pc.replace_with_mask(values, pc.fill_null(pc.equal(values, ""), False), pa.scalar(None, pa.string()))


def decode_dictionary(values: pa.Array) -> pa.Array:
    """The values themselves, where they are kept as numbers in a dictionary."""
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


_TEXT_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_BYTES_TYPES = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
)


def is_text(kind: pa.DataType) -> bool:
    """Whether a type holds text, or bytes that may be."""
    return any(test(kind) for test in _TEXT_TYPES + _BYTES_TYPES)


def utf8(values: pa.Array) -> pa.Array:
    """Text, of bytes too.

    Raises:
        BadValueError: a value is not UTF-8.
    """
    # Through bytes, since only that cast checks: a Parquet file may call anything a string.
    if not pa.types.is_null(values.type):
        values = values.cast(pa.binary())
    return cast(values, pa.string(), bytes.decode, "is not UTF-8 text")


def double(values: pa.Array) -> pa.Array:
    """float64, finite or not; null, or text of blanks alone, is missing.

    Raises:
        BadValueError: a text is no number.
        DataError: the type holds no numbers.
    """
    if is_text(values.type):
        trimmed = without_empty(pc.utf8_trim_whitespace(utf8(values)))
        return cast(trimmed, pa.float64(), lambda value: pa.scalar(value).cast(pa.float64()), "is not a number")
    try:
        return values.cast(pa.float64(), safe=False)
    except pa.ArrowNotImplementedError:
        raise DataError(f"is of type {values.type}, but numbers are needed: convert the column") from None


def cast(values: pa.Array, kind: pa.DataType, cast_value: Callable[[Any], object], fault: str) -> pa.Array:
    """A cast; where it fails, the values are cast singly, since Arrow does not say which it was."""
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        for index, value in enumerate(values):
            try:
                if value.is_valid:
                    cast_value(value.as_py())
            except ValueError:  # ArrowInvalid and UnicodeDecodeError are such
                raise BadValueError(index, value.as_py(), fault) from None
        raise
