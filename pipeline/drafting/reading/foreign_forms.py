"""Texts that a person reads as dates or numbers, in forms that no reader takes for such."""

from __future__ import annotations

import re

import pyarrow as pa

from widedeep.pipeline.drafting.reading.times import written_values

# Those that leave open which part is the month, or name it.
_DATE = re.compile(
    r"(\w{3,9},? )?"
    r"(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}[ /-][A-Za-z]{3,9}[ /,-]+\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{2,4})"
    r"([ T:,].*)?"
)
# With a currency, a share, thousands, a comma before the fraction, or brackets for what is below 0.
_DIGITS = r"(\d{1,3}([,.' \u00a0\u202f]\d{3})+|\d+)([.,]\d+)?"
_NUMBER = re.compile(rf"\(?[-+]?\s?([$€£¥]|[A-Z]{{3}})?\s?[-+]?{_DIGITS}\s?([%€$£¥]|[A-Z]{{3}})?\)?")


def foreign_date(column: pa.Array) -> str | None:
    """A value of a column of texts that all look like dates; None of other columns."""
    texts = written_values(column)
    return texts[0] if texts and all(map(_DATE.fullmatch, texts)) else None


def foreign_number(column: pa.Array) -> str | None:
    """A value of a column of texts that all look like numbers, one that is none to a program; None of other columns."""
    texts = written_values(column)
    if not texts or not all(map(_NUMBER.fullmatch, texts)):
        return None
    return next((text for text in texts if not re.fullmatch(r"[-+]?\d+(\.\d+)?", text)), None)
