"""How a CSV file is written: what stands between its fields, for a quote within quotes, and for no value."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from widedeep.components.common.settings import Strict

QUOTE = '"'


class CsvDialect(Strict):
    r"""Fields as RFC 4180 has them, a quote within quotes doubled; what other programs do besides is an option.

    With `escape: "\\"`, as Spark and MySQL write, the sign before a quote, the delimiter, a line break or itself stands
    for that; before anything else it is itself. A field that is `\N` without quotes is missing, as MySQL writes it.
    """

    delimiter: str = Field(",", description='of CSV: between the fields, one sign; a tab is "\\t"')
    escape: str | None = Field(
        None,
        description="of CSV: the sign before a quote within quotes, a backslash for Spark and MySQL; null: doubled",
    )
    null_values: tuple[str, ...] = Field((), description="of CSV: texts that stand for no value, beside the empty one")

    @field_validator("delimiter", mode="before")
    @classmethod
    def _tab(cls, value: Any) -> Any:
        return "\t" if value == "\\t" else value

    @model_validator(mode="after")
    def _signs(self) -> Self:
        for name, sign in (("delimiter", self.delimiter), ("escape", self.escape)):
            if sign is not None and (len(sign) != 1 or not sign.isascii() or sign in f"{QUOTE}\r\n\0"):
                raise ValueError(f"{name} is {sign!r}, and must be one sign of ASCII, no quote and no line break")
        if self.escape == self.delimiter:
            raise ValueError(f"escape and delimiter are both {self.escape!r}")
        return self


PLAIN = CsvDialect()
