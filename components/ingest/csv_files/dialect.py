"""How a CSV file is written: its header, and what stands between fields, around them, and for no value."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from widedeep.components.ingest.streams.text_form import UTF8, TextForm

QUOTE = '"'
TAB = "\t"


class CsvDialect(TextForm):
    r"""Fields as RFC 4180 has them, a quote within quotes doubled; what other programs do besides is an option.

    With `escape: "\\"`, as Spark and MySQL write, the sign before a quote, the delimiter, a line break or itself stands
    for that; before anything else it is itself. A field that is `\N` without quotes is missing, as MySQL writes it.
    """

    delimiter: str = Field(
        ",", description='of CSV: between the fields, one sign; a tab is "\\t", which TSV always has'
    )
    quote: str | None = Field(
        QUOTE,
        description="of CSV and TSV: around a field that holds a delimiter or a line break; null: none, and such signs "
        "are as any other",
    )
    escape: str | None = Field(
        None,
        description="of CSV and TSV: the sign before a quote within quotes, a backslash for Spark and MySQL; null: "
        "doubled",
    )
    null_values: tuple[str, ...] = Field(
        (), description="of CSV and TSV: texts that stand for no value, beside the empty one"
    )
    decimal: Literal[".", ","] = Field(
        ".", description='of numbers in CSV and TSV: before the fraction; "," where they are written as 12,5'
    )
    thousands: Literal[".", ",", " ", "'"] | None = Field(
        None, description="of the same: between each three digits, as the point of 1.234,50; null: none"
    )
    header: bool = Field(True, description="of CSV and TSV: whether the first row of a file has the columns' names")
    columns: tuple[str, ...] = Field(
        (), description="of CSV and TSV without a header: the names of all columns, in the files' order"
    )

    @field_validator("delimiter", mode="before")
    @classmethod
    def _tab(cls, value: Any) -> Any:
        return TAB if value == "\\t" else value

    @model_validator(mode="after")
    def _signs(self) -> Self:
        for name, sign in (("delimiter", self.delimiter), ("escape", self.escape)):
            if sign is not None and (len(sign) != 1 or not sign.isascii() or sign in f"{QUOTE}\r\n\0"):
                raise ValueError(f"{name} is {sign!r}, and must be one sign of ASCII, no quote and no line break")
        if self.quote is not None and (len(self.quote) != 1 or not self.quote.isascii() or self.quote in "\r\n\0"):
            raise ValueError(f"quote is {self.quote!r}, and must be one sign of ASCII and no line break, or null")
        signs = {"delimiter": self.delimiter, "escape": self.escape, "quote": self.quote}
        for name, count in Counter(filter(None, signs.values())).items():
            if count > 1:
                both = " and ".join(sorted((key for key, sign in signs.items() if sign == name), reverse=True))
                raise ValueError(f"{both} are both {name!r}")
        return self

    @model_validator(mode="after")
    def _number_signs(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}")
        return self

    @model_validator(mode="after")
    def _names(self) -> Self:
        if self.columns and self.header:
            raise ValueError("columns name what files without a header hold: set header: false, or leave them out")
        if not self.header and not self.columns:
            raise ValueError("header is false: name all columns, in the files' order: columns: [user, item, ...]")
        twice = [name for name, count in Counter(self.columns).items() if count > 1]
        if twice:
            raise ValueError(f"columns has '{twice[0]}' twice")
        return self

    @property
    def for_arrow(self) -> bool:
        """Whether Arrow reads such files as they are."""
        return self.escape is None and self.encoding == UTF8


PLAIN = CsvDialect()
