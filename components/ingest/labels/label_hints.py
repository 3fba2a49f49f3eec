"""What to declare where a label is neither 0 nor 1: the end of an error."""

from __future__ import annotations

import math

from widedeep.components.features.spec import Label

# The words that mean 1, with those that mean 0 beside them.
_WORDS = {"yes": "no", "y": "n", "true": "false", "t": "f", "on": "off", "j": "n", "ja": "nein", "oui": "non"}


def of_label(value: object, label: Label) -> str:
    """The line of features.yaml by which a value becomes a label; nothing where that can't be told.

    Args:
        value: that is neither 0 nor 1, no class, or no number.
        label: its declaration, without a rule so far.
    """
    if label.rule or value is None or label.kind == "regression":
        return ""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    number = _number(text)
    if label.kind == "multiclass":
        return "" if number is not None or not text.strip() else _NUMBERS
    if number is not None:
        return "" if math.isnan(number) else f"; write in features.yaml, {_of_number(number, label)}"
    pair = _pair(text)
    if pair:
        positive, negative = pair
        return f"; write in features.yaml: {label.line(positive=[positive], negative=[negative])}"
    return f"; if it stands for 1, write in features.yaml: {label.line(positive=[text])}" if text.strip() else ""


_NUMBERS = "; give each of its texts a number where the file is made"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _of_number(number: float, label: Label) -> str:
    if number == -1:
        return f"if it is the other of 1: {label.line(positive=['1'], negative=['-1'])}"
    return f"if all above 0 is 1: {label.line(above=0)}"


def _pair(text: str) -> tuple[str, str] | None:
    """The two words, written as the one that is there."""
    word = text.strip().casefold()
    for positive, negative in _WORDS.items():
        if word in (positive, negative):
            style = str.upper if text.isupper() and len(text) > 1 else str.title if text[:1].isupper() else str.lower
            pair = (style(positive), style(negative))
            # Blanks count.
            return (text, pair[1]) if word == positive else (pair[0], text)
    return None
