"""Values that differ only in how they are written: 24.0 and 24, "Drama" and " drama", 007 and 7."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_BLANKS = re.compile(r"\s+")
# b'x' is how Python shows bytes.
_QUOTED = re.compile(r"""b?(['"])(.*)\1""", re.DOTALL)
_LEADING_ZEROS = re.compile(r"(?<![\d.])0+(?=\d)")
_NO_FRACTION = re.compile(r"([+-]?\d+)\.0*")


def normal_form(value: str) -> str:
    """What spellings of one value have in common.

    Case, blanks around and the width of letters go, and so do quotes around it, zeros before a number's digits, and a
    fraction of zeros.
    """
    text = _BLANKS.sub(" ", unicodedata.normalize("NFKC", value)).strip().casefold()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        text = quoted[2].strip()
    text = _LEADING_ZEROS.sub("", text)
    whole = _NO_FRACTION.fullmatch(text)
    return (whole[1] if whole else text).removeprefix("+")


def spelt_otherwise(values: Sequence[str], known: Iterable[str]) -> dict[str, str]:
    """Those of some unknown values that a known one equals but for its spelling, with that one, in their order."""
    forms = {normal_form(value): value for value in known}
    return {value: forms[form] for value in values if (form := normal_form(value)) in forms}
