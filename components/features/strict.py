"""Reading YAML into typed, immutable settings, with errors that a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from components.errors import ConfigError


def nearest(name: str, known: Iterable[str]) -> str:
    """Says which known name is meant, or lists them: the end of every message about an unknown name."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(known)}"


class Strict(BaseModel):
    """Settings that reject unknown keys, naming the nearest known one, and can't be changed once made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    raise ValueError(f"unknown key '{key}': {nearest(str(key), cls.model_fields)}")
        return data


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys without a word; a feature would vanish."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """Reads one YAML mapping, safely.

    Raises:
        ConfigError: the file is absent, is not YAML, repeats a key, or holds no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}.") from None
    try:
        data = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: holds {type(data).__name__}, a mapping of keys to values is needed.")
    return data


Settings = TypeVar("Settings", bound=Strict)


def parse(kind: type[Settings], data: Mapping[str, Any], where: str) -> Settings:
    """Makes settings of a mapping.

    Raises:
        ConfigError: names `where` (a file), the key, what is wrong or allowed, and the value.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_lines(error, where, data))) from None


def _lines(error: ValidationError, where: str, data: Mapping[str, Any]) -> Iterable[str]:
    for item in error.errors():
        key = ".".join(str(part) for part in _named(item["loc"], data))
        message = item["msg"].removeprefix("Value error, ")
        value = item["input"]
        shown = "" if isinstance(value, dict | BaseModel) else f" (it is {value!r})"
        yield f"{where}: {key + ': ' if key else ''}{message}{shown}"


def _named(location: tuple[int | str, ...], data: Any) -> Iterable[int | str]:
    """A location with the items of a list called by their `key`, where they have one."""
    for part in location:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = None
        yield data["key"] if isinstance(part, int) and isinstance(data, dict) and "key" in data else part
