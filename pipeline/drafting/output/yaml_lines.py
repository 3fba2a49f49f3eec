"""Lines of YAML that mean the same to every reader, each with its reason."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from widedeep.components.common.yaml_text import from_yaml

_PLAIN = re.compile(r"[A-Za-z_.][A-Za-z0-9_./-]*")


def flow(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value) if isinstance(value, float) else str(value)


@lru_cache(maxsize=4096)
def _text(text: str) -> str:
    """Plain where YAML 1.1 and 1.2 both take it for this text: `no` and `1e3` are quoted."""
    if _PLAIN.fullmatch(text) and from_yaml(text) == text and yaml.safe_load(text) == text:
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf).rstrip("\n")


def line(text: str, why: str) -> str:
    """A line and its reason, whatever stands in it."""
    comment = " ".join("".join(sign if sign.isprintable() else " " for sign in why).split())
    return f"{text}  # {comment}\n" if comment else f"{text}\n"
