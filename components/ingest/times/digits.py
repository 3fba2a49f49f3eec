"""Dates, and dates with a clock's time, that are written as one number: 20240229, or 24022918."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.features.time_parts import Unit

# A date as each unit writes it: 29 February 2024, half past six in the evening.
EXAMPLES: dict[Unit, str] = {
    "yyyymmdd": "20240229",
    "yyyymmddhh": "2024022918",
    "yyyymmddhhmm": "202402291830",
    "yyyymmddhhmmss": "20240229183000",
    "yymmdd": "240229",
    "yymmddhh": "24022918",
}
# Of two digits of a year, the first that is of the century before, as POSIX has it: 69 is 1969, and 68 is 2068.
_OLD = "69"


def dates_of(numbers: pa.Array, unit: Unit) -> pa.Array:
    """ISO 8601 text of numbers, whose days and hours may be none of a calendar's; null where the digits don't fit.

    A year of two digits may begin with zeros, which a number does not have: 9022818 is of 2009.

    Args:
        numbers: float64.
        unit: what the digits are.
    """
    whole = pc.and_(pc.equal(numbers, pc.round(numbers)), pc.and_(pc.greater(numbers, 0), pc.less(numbers, 1e15)))
    digits = pc.if_else(whole, numbers, pa.scalar(None, pa.float64())).cast(pa.int64()).cast(pa.string())
    if unit.startswith("yymm"):
        digits = pc.utf8_lpad(digits, len(unit), "0")
        century = pc.if_else(pc.less(pc.utf8_slice_codeunits(digits, 0, 2), _OLD), "20", "19")
        fitting = pc.equal(pc.utf8_length(digits), len(unit))
        digits, length = pc.binary_join_element_wise(century, digits, ""), len(unit) + 2
    else:
        fitting, length = pc.equal(pc.utf8_length(digits), len(unit)), len(unit)
    digits = pc.if_else(fitting, digits, pa.scalar(None, pa.string()))
    clock = [pc.utf8_slice_codeunits(digits, start, start + 2) for start in range(8, length, 2)]
    # An hour alone is no text of ISO 8601 that all readers take.
    clock += [pa.scalar("00")] * (len(clock) == 1)
    date = pc.binary_join_element_wise(
        *(pc.utf8_slice_codeunits(digits, start, stop) for start, stop in ((0, 4), (4, 6), (6, 8))), "-"
    )
    return pc.binary_join_element_wise(date, pc.binary_join_element_wise(*clock, ":"), " ") if clock else date
