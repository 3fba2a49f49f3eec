"""Errors meant for people: each message says what is wrong, where, with which value, and the remedy.

The command line prints the message alone, without a stack trace, and exits with `exit_code`.
"""

from __future__ import annotations

import re


class WideDeepError(Exception):
    """Something failed that the person at the terminal can understand and act on."""

    exit_code = 1


class ConfigError(WideDeepError):
    """A wrong command, key or value in what the person wrote."""

    exit_code = 2


class DataError(WideDeepError):
    """The data can't be used as it is."""


class GateError(WideDeepError):
    """A gate stopped the run on purpose."""


def unwrapped(error: BaseException) -> BaseException:
    """The error for people inside one that Beam wrapped, or the error itself.

    Beam's runners hand over an exception from a worker as text: a traceback whose last line names it.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, WideDeepError):
            return seen
        for kind in (ConfigError, DataError, GateError, WideDeepError):
            found = re.search(rf"{__name__}\.{kind.__name__}: (.*?)(?: \[while running |\Z)", str(seen), re.DOTALL)
            if found:
                return kind(found.group(1).strip())
        seen = seen.__cause__ or seen.__context__
    return error
