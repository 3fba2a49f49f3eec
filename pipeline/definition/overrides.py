"""What the command line sets on top of a file of settings: "dotted.key=value" each, the value in YAML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from widedeep.components.common.errors import ConfigError, reason
from widedeep.components.common.setting_types import takes_text
from widedeep.components.common.settings import Strict
from widedeep.components.common.yaml_text import from_yaml


def assignments(kind: type[Strict], overrides: Sequence[str]) -> dict[str, Any]:
    """What overrides set, as a file of settings that holds nothing else.

    Raises:
        ConfigError: an override is none.
    """
    data: dict[str, Any] = {}
    for override in overrides:
        apply(kind, data, override)
    return data


def key_of(override: str) -> str:
    """The dotted key that an override sets."""
    dotted = override.partition("=")[0]
    # What changes from day to day.
    return "data.span" if dotted == "span" else dotted


def apply(kind: type[Strict], data: dict[str, Any], override: str) -> None:
    """Sets what an override says in the mapping that settings of a kind are made of.

    Raises:
        ConfigError: it is none.
    """
    _, equals, text = override.partition("=")
    *parents, last = key_of(override).split(".")
    if not equals or not all([*parents, last]):
        raise ConfigError(f"--set {brief(override)}: needs KEY=VALUE, for example --set training.epochs=3.")
    value = _value(override, text, takes_text(kind, [*parents, last]))
    for number, key in enumerate(parents, 1):
        # A key with nothing behind it ("training:") is an empty group.
        group = {} if data.get(key) is None else data[key]
        if not isinstance(group, dict):
            raise ConfigError(
                f"--set {brief(override)}: '{'.'.join(parents[:number])}' is a value, not a group of keys."
            )
        # A copy, since an alias in the YAML may name the same group elsewhere.
        data[key] = data = dict(group)
    data[last] = value


def _value(override: str, text: str, literal: bool) -> Any:
    """The value of an override: YAML; but a text is what stands there, as a path with [, # or * in it.

    Args:
        override: all of it, for the error.
        text: behind the equals sign.
        literal: whether the setting takes a text alone.
    """
    try:
        value = from_yaml(text)
    except yaml.YAMLError as error:
        if literal:
            return text
        problem = reason(" ".join(str(getattr(error, "problem", None) or error).split()))
        raise ConfigError(f"--set {brief(override)}: the value is not valid YAML: {problem}.") from None
    # In quotes it is YAML's.
    return text if literal and value is not None and text.lstrip()[:1] not in ("'", '"') else value


def brief(override: str) -> str:
    """An override as an error quotes it: in one line, and never long."""
    text = override if override.isprintable() else repr(override)[1:-1]
    return text if len(text) <= 80 else f"{text[:60]}..."
