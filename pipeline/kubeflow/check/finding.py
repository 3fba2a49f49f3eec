"""One thing that a run needs, and whether it is there."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

_INDENT = " " * 12


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes:
        about: what was looked at, in a word.
        words: how it is.
        remedy: what to do, most often a command; None where it is as it should be.
    """

    about: str
    words: str
    remedy: str | None = None

    def told(self) -> str:
        """Lines for a person."""
        head = f"{'✓' if self.remedy is None else '✗'} {self.about:<10}{self.words}"
        return head if self.remedy is None else f"{head}\n{textwrap.indent(self.remedy, _INDENT)}"
