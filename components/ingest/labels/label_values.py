"""The label of raw rows: as it is, or by the rule that features.yaml declares."""

from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.compute as pc

from widedeep.components.common.errors import shown
from widedeep.components.features.spec import Label
from widedeep.components.ingest.scalars import BadValueError, decode_dictionary, double, first, strings, without_empty


def label(values: pa.Array, declared: Label) -> pa.Array:
    """float64 of a regression; otherwise int64, a class from 0 on.

    Raises:
        BadValueError: a value is missing, or the declaration does not say what it stands for.
        DataError: the type holds no such values.
    """
    values = decode_dictionary(values)
    if declared.positive is not None:
        return _listed(values, declared, declared.positive)
    requirement = _requirement(declared)
    try:
        numbers = double(values)
    except BadValueError as error:
        # As it stands there, with its blanks.
        value = values[error.index].as_py()
        raise BadValueError(error.index, value, f"{error.fault}: the label must be {requirement}") from None
    if declared.kind == "regression":
        good = pc.is_finite(numbers.cast(pa.float32(), safe=False))
    elif declared.above is not None:
        good = pc.is_finite(numbers)
    else:
        good = pc.is_in(numbers, pa.array(range(declared.classes or 2), pa.float64()))
    bad = first(pc.invert(pc.fill_null(good, False)))
    if bad is not None:
        fault = "missing" if not numbers[bad].is_valid else "wrong"
        raise BadValueError(bad, values[bad].as_py(), f"is {fault}: the label must be {requirement}")
    if declared.above is not None:
        return pc.greater(numbers, declared.above).cast(pa.int64())
    return numbers if declared.kind == "regression" else numbers.cast(pa.int64())


def positives_in(values: pa.Array, positive: tuple[str, ...]) -> set[str]:
    """Which of the values that are 1 stand in a raw column."""
    return set(positive) & set(pc.unique(_texts(decode_dictionary(values))).to_pylist())


def _requirement(declared: Label) -> str:
    if declared.kind == "regression":
        return "a finite number of 32 bits"
    if declared.above is not None:
        return f"a finite number, which is 1 above {declared.above:g}"
    return "0 or 1" if declared.kind == "binary" else f"a whole number from 0 to {(declared.classes or 2) - 1}"


def _listed(values: pa.Array, declared: Label, positive: tuple[str, ...]) -> pa.Array:
    """1 for a value of `positive`, 0 for one of `negative`, or for any other where that is not given.

    Values are compared as texts, exactly. Where all others are 0, one that a person would take for a positive one, as
    "Yes " beside "yes", is an error: it would become a 0 without a word.
    """
    texts = _texts(values)
    is_positive = pc.is_in(texts, pa.array(positive, pa.string()))
    missing = first(pc.is_null(texts))
    if missing is not None:
        rest = "any other value for 0" if declared.negative is None else f"{_either(declared.negative)} for 0"
        raise BadValueError(missing, None, f"is missing: the label must be {_either(positive)} for 1, or {rest}")
    if declared.negative is None:
        others = pc.unique(texts.filter(pc.invert(is_positive))).to_pylist()
        alike: dict[str, str | None] = {other: near for other in others if (near := _alike(other, positive))}
        odd = first(pc.is_in(texts, pa.array(alike, pa.string())))
    else:
        listed = [*positive, *declared.negative]
        odd = first(pc.invert(pc.is_in(texts, pa.array(listed, pa.string()))))
        alike = {} if odd is None else {texts[odd].as_py(): _alike(texts[odd].as_py(), tuple(listed))}
    if odd is not None:
        text = texts[odd].as_py()
        raise BadValueError(odd, values[odd].as_py(), _unlisted(text, alike[text], declared, positive))
    return is_positive.cast(pa.int64())


def _texts(values: pa.Array) -> pa.Array:
    """Whole numbers in digits, whatever type holds them; what is empty or no number at all (NaN) is missing."""
    if pa.types.is_floating(values.type) or (pa.types.is_decimal(values.type) and values.type.scale > 0):
        return pa.array([_number_text(number) for number in values.cast(pa.float64()).to_pylist()], pa.string())
    return without_empty(strings(values))


def _number_text(number: float | None) -> str | None:
    if number is None or math.isnan(number):
        return None
    return str(int(number)) if math.isfinite(number) and number == int(number) else repr(number)


def _alike(text: str, listed: tuple[str, ...]) -> str | None:
    """The listed value that a person would take a text for."""
    return next((value for value in listed if _folded(value) == _folded(text)), None)


def _folded(text: str) -> str | float:
    """What is left without case, blanks, and the ways to write a number."""
    try:
        return float(text)
    except ValueError:
        return text.strip().casefold()


def _unlisted(text: str, alike: str | None, declared: Label, positive: tuple[str, ...]) -> str:
    difference = "but for case, blanks or the way a number is written"
    if declared.negative is None:
        line = declared.line(positive=[*positive, text])
        return (
            f"is {shown(alike)} of the label's `positive` {difference}: if it is 1, write in features.yaml: {line}; "
            "if it is 0, list what is 0 under `negative`"
        )
    like = f", {shown(alike)} {difference}" if alike else ""
    line = declared.line(positive=[*positive, text], negative=list(declared.negative))
    return (
        f"is neither among `positive` nor `negative` of the label{like}: if it is 1, write in features.yaml: {line}; "
        "if it is 0, add it to `negative`"
    )


def _either(values: tuple[str, ...]) -> str:
    return " or ".join(shown(value) for value in values)
