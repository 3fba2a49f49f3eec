"""The dates and times of one raw column, as Arrow's types and as text.

A time without an offset is one of UTC. Text is read as ISO 8601 has it, of which RFC 3339 is what programs write; and
with " UTC" or an offset behind a blank, as BigQuery and Ruby write; with slashes between year, month and day; and in
ISO's basic form, 20240201T103000.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.ingest.scalars import (
    BadValueError,
    cast,
    decode_dictionary,
    first,
    is_text,
    utf8,
    without_empty,
)

_OFFSET = r"[Tt ][0-9:.]+(Z|z|[-+][0-9]{2}(:?[0-9]{2})?)$"
_NO_MOMENT = "is no date or time as 2024-02-01 or 2024-02-01 10:30:00"


def moments(values: pa.Array) -> pa.Array:
    """int64 microseconds since 1970-01-01 00:00 UTC of dates and times, none of which is a number.

    Raises:
        BadValueError: a value is no date or time.
    """
    values = decode_dictionary(values)
    if are_stamps(values.type):
        return stamps(values)
    if not (is_text(values.type) or pa.types.is_null(values.type)):
        wrong = first(pc.is_valid(values))
        if wrong is not None:
            raise BadValueError(wrong, values[wrong].as_py(), _NO_MOMENT)
        return pa.nulls(len(values), pa.int64())
    return text_moments(without_empty(pc.utf8_trim_whitespace(utf8(values))), _NO_MOMENT)


def are_stamps(kind: pa.DataType) -> bool:
    """Whether a type holds dates, or dates with times."""
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def stamps(values: pa.Array) -> pa.Array:
    """Microseconds since 1970, int64, of what `are_stamps`."""
    zone = values.type.tz if pa.types.is_timestamp(values.type) else None
    return values.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())


def text_moments(texts: pa.Array, fault: str) -> pa.Array:
    """Microseconds since 1970 of trimmed ISO 8601 texts."""
    plain = extended(texts)
    nothing = pa.scalar(None, pa.string())
    has_offset = pc.fill_null(pc.match_substring_regex(plain, _OFFSET), False)
    local = pc.replace_with_mask(plain, has_offset, nothing)
    placed = pc.replace_with_mask(plain, pc.invert(has_offset), nothing)
    parsed = [
        _parsed(local, pa.timestamp("us"), texts, fault),
        _parsed(placed, pa.timestamp("us", "UTC"), texts, fault),
    ]
    return pc.coalesce(*(stamps(part) for part in parsed))


def extended(texts: pa.Array) -> pa.Array:
    """Trimmed texts that are times as Arrow and pandas read ISO 8601; others stay what they are."""
    plain = pc.replace_substring_regex(texts, r"^([0-9]{4})/([0-9]{2})/([0-9]{2})($|[T ])", r"\1-\2-\3\4")
    basic = r"^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})"
    plain = pc.replace_substring_regex(plain, basic, r"\1-\2-\3T\4:\5:\6")
    # Digits beyond microseconds are more than a day's second needs.
    plain = pc.replace_substring_regex(plain, r"(\.[0-9]{6})[0-9]+", r"\1")
    plain = pc.replace_substring_regex(plain, r" ?UTC$", "Z")
    return pc.replace_substring_regex(plain, r"(:[0-9.]+) ([-+][0-9:]+)$", r"\1\2")


def _parsed(texts: pa.Array, kind: pa.DataType, written: pa.Array, fault: str) -> pa.Array:
    try:
        return cast(texts, kind, lambda value: pa.scalar(value).cast(kind), fault)
    except BadValueError as error:
        raise BadValueError(error.index, written[error.index].as_py(), fault) from None
