"""Errors meant for people: each message says what is wrong, where, with which value, and the remedy.

The command line prints the message alone, without a stack trace, and exits with `exit_code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


class WideDeepError(Exception):
    """Something failed that the person at the terminal can understand and act on."""

    exit_code = 1


class ConfigError(WideDeepError):
    """A wrong command, key or value in what the person wrote."""

    exit_code = 2


class DataError(WideDeepError):
    """The data can't be used as it is."""


class RecordError(WideDeepError):
    """A file that an earlier step or run wrote can't be read."""


class GateError(WideDeepError):
    """A gate stopped the run on purpose."""


def shown(value: object) -> str:
    """A value as an error quotes it: short, whatever its length."""
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            return _cut(repr(value), f"{len(value):,} bytes")
    if isinstance(value, str):
        return _cut(repr(value), f"{len(value):,} characters")
    text = repr(value)
    return _cut(text, f"{len(text):,} characters")


def reason(error: object) -> str:
    """What a library says of its error, without end marks and never long: a message may quote a whole file."""
    text = str(error).strip().rstrip(".")
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text):,} characters)"


def _cut(text: str, length: str) -> str:
    return text if len(text) <= 80 else f"{text[:60]}... ({length})"


# What may follow the message where Beam or a traceback quotes it.
_MESSAGE_END = (
    # The second begins a line of Java's trace, as Flink's job service quotes what a worker raised.
    r"(?: \[while running '|\n+\tat [\w.$/]+\("
    r"|\n\nDuring handling of the above exception|\n\nThe above exception was the direct|\Z)"
)


def unwrap(error: BaseException) -> BaseException:
    """The error for people inside one that Beam wrapped, or the error itself.

    Beam's runners append the name of the step to an exception that a worker in this process raised, and hand over
    one from another process as text: a traceback, or several, one of whose lines names it.
    """
    inner: BaseException | None = error
    visited: set[int] = set()
    while inner is not None and id(inner) not in visited:
        visited.add(id(inner))
        if isinstance(inner, WideDeepError):
            message = _message(str(inner))
            return inner if message == str(inner) else type(inner)(message)
        for kind in _kinds(WideDeepError):
            match = re.search(rf"^{re.escape(kind.__module__)}\.{kind.__name__}: ", str(inner), re.MULTILINE)
            if match:
                return kind(_message(str(inner)[match.end() :]))
        inner = inner.__cause__ or inner.__context__
    return error


def _kinds(kind: type[WideDeepError]) -> Iterator[type[WideDeepError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def _message(text: str) -> str:
    match = re.match(rf"(.*?){_MESSAGE_END}", text, re.DOTALL)
    return match.group(1).strip() if match else text
