"""How the stand-in for TF Serving tells which models it has, beside its refusal of one that it has not.

TF Serving has no call that lists its models. A refusal's status and message are TF Serving's; the names travel as
gRPC's trailing metadata, or as a header of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

HEADER = "widedeep-models"


def encode(names: Iterable[str]) -> str:
    """Names as a header's value."""
    return ",".join(quote(name, safe="") for name in sorted(names))


def decode(text: str | None) -> tuple[str, ...]:
    """The names again; none where there is no header."""
    return tuple(unquote(name) for name in text.split(",")) if text else ()
