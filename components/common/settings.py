"""Reading YAML into typed, immutable settings, with errors that a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from widedeep.components.common.errors import ConfigError, shown

_LISTED = 20


def nearest(name: str, names: Iterable[str]) -> str:
    """Says which known name is meant, or lists them: the end of every message about an unknown name."""
    names = sorted(names)
    close = near(name, names)
    if close:
        return f"did you mean '{close}'?"
    more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"known are: {', '.join(names[:_LISTED])}{more}"


def near(name: str, names: Iterable[str]) -> str | None:
    """The known name that is meant, whatever its case; None where none is near."""
    names = sorted(names)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return close[0]
    folded = {known.casefold(): known for known in names}
    return next((folded[known] for known in difflib.get_close_matches(name.casefold(), folded, n=1)), None)


class Strict(BaseModel):
    """Settings that reject unknown keys, naming the nearest known one, and can't be changed once made."""

    # Infinity and NaN are no settings: neither survives JSON, and no limit or boundary means anything with them.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in data:
                if key not in known:
                    raise ValueError(f"unknown key '{key}': {nearest(str(key), known)}")
        return data


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys without a word; a feature would vanish."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue  # "<<" brings the keys of another mapping, which this one's may override.
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # PyYAML refuses it, and says where.
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands here twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def from_yaml(text: str) -> Any:
    """Plain values out of YAML: no tag makes any other object, and no key stands twice.

    Raises:
        yaml.YAMLError: the text is not such YAML.
    """
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    except (ValueError, RecursionError) as error:  # "2024-13-45" looks like a date; "[[[[..." has no end
        raise yaml.YAMLError(str(error)) from None


def read_yaml(path: Path) -> dict[str, Any]:
    """Reads one YAML mapping, safely.

    Raises:
        ConfigError: the file is absent, is not YAML, repeats a key, or holds no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (at byte {error.start}): save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}.") from None
    try:
        data = from_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: holds {_KINDS.get(type(data), 'a value')}; a mapping of keys to values is needed.")
    return data


_KINDS: dict[type, str] = {type(None): "nothing", list: "a list", str: "text"}

Settings = TypeVar("Settings", bound=Strict)


def parse(kind: type[Settings], data: Mapping[str, Any], where: str) -> Settings:
    """Makes settings of a mapping.

    Raises:
        ConfigError: names `where` (a file), the key, what is wrong or allowed, and the value.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(problems(error, where, data))) from None


def problems(error: ValidationError, where: str, data: object) -> Iterable[str]:
    """What is wrong, one line a key; what is wrong with each alternative of a union stands in one line, too.

    Args:
        error: that pydantic raised.
        where: the values are from (a file).
        data: the values.
    """
    wrong: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    errors = error.errors()
    inside = {item["loc"][:-depth] for item in errors for depth in range(1, len(item["loc"]))}
    for item in errors:
        if item["type"] == "too_short" and item["loc"] in inside:
            continue  # pydantic does not count the items that are wrong, each of which has a line
        key = ".".join(str(part) for part in _key_path(item["loc"], data, item["type"] == "missing"))
        wrong.setdefault(key, []).append(item["msg"].removeprefix("Value error, "))
        value = item["input"]
        values[key] = "" if isinstance(value, dict | BaseModel) else f" (it is {shown(value)})"
    for key, messages in wrong.items():
        yield f"{where}: {key + ': ' if key else ''}{'; or: '.join(dict.fromkeys(messages))}{values[key]}"


def _key_path(location: tuple[int | str, ...], data: Any, missing: bool) -> Iterable[int | str]:
    """A location with the items of a list called by their `key`, where they have one.

    What pydantic adds to say which alternative of a union it tried is left out: it is no key of the person's.
    """
    for number, part in enumerate(location, 1):
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            if missing and number == len(location):
                yield part
            return
        yield data["key"] if isinstance(part, int) and isinstance(data, dict) and "key" in data else part
