"""How the bytes of a text file are written, whatever its lines hold."""

from __future__ import annotations

import codecs
from typing import Any, Literal

from pydantic import Field, field_validator

from widedeep.components.common.settings import Strict

UTF8 = "utf-8"
_ENDINGS = {"gz": "gzip", "zst": "zstd"}


class TextForm(Strict):
    """The encoding and the compression of text files."""

    encoding: str = Field(
        UTF8, description="of CSV, TSV and JSON lines: as Python names it: utf-8, utf-16, latin-1, cp1252, ..."
    )
    compression: Literal["gzip", "zstd", "bz2"] | None = Field(
        None,
        description="of CSV, TSV and JSON lines: what each file must be packed by; null: what its first bytes say, "
        "whatever its name",
    )

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            b"xx".decode(encoding, "ignore")
            name = codecs.lookup(encoding).name
            codecs.getincrementaldecoder(encoding)
        except (LookupError, UnicodeError, ValueError):
            raise ValueError("there is no such encoding: write utf-8, utf-16, latin-1, cp1252 or the like") from None
        # A mark at the beginning is left out in any case.
        return UTF8 if name == "utf-8-sig" else name

    @field_validator("compression", mode="before")
    @classmethod
    def _by_ending(cls, value: Any) -> Any:
        return _ENDINGS.get(value, value) if isinstance(value, str) else value
