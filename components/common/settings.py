"""Reading YAML into typed, immutable settings, with errors that a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.setting_errors import GROUP, problems
from widedeep.components.common.setting_types import kinds
from widedeep.components.common.yaml_text import from_yaml

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
    # Where a text is wanted, what looks like a number is one: the folder 2024, the tag 1.10.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {field.alias or name: field for name, field in cls.model_fields.items()}
            for key, value in data.items():
                if key not in known:
                    raise ValueError(f"unknown key '{key}': {nearest(str(key), known)}")
                # Python takes true for 1.
                if isinstance(value, bool) and kinds(known[key].annotation) <= {int, float}:
                    raise ValueError(f"'{key}' is {str(value).lower()}, and a number is needed")
        elif not isinstance(data, BaseModel) and not cls.model_config.get("strict"):
            raise PydanticCustomError(GROUP, "{example}", {"example": _example(cls, data)})
        return data


def _example(group: type[Strict], value: object) -> str:
    """What may be meant by a value where a group of keys is needed, in YAML."""
    fields = {field.alias or name: field for name, field in group.model_fields.items()}
    required = [name for name, field in fields.items() if field.is_required()]
    # `true` asks for the group as it is, but where it is a choice between groups.
    is_choice = bool(fields) and all(map(_holds_group, fields.values()))
    if not fields or (value is True and not required and not is_choice):
        return "{}"
    if isinstance(value, str) and value in fields:
        return f"{{{value}: ...}}"
    takers = [name for name in required or fields if _takes(group, name, value)]
    if len(takers) == 1 and len(required) < 2:
        return f"{{{takers[0]}: {value}}}"
    return "{" + ", ".join(f"{name}: ..." for name in required or list(fields)[:3]) + "}"


def _holds_group(field: FieldInfo) -> bool:
    return any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds(field.annotation))


def _takes(group: type[Strict], name: str, value: object) -> bool:
    try:
        group.model_validate({name: value})
    except ValueError:
        return False
    return True


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


def parse(
    kind: type[Settings], data: Mapping[str, Any], where: str, written: Mapping[str, Any] | None = None
) -> Settings:
    """Makes settings of a mapping.

    Args:
        kind: of settings.
        data: the mapping.
        where: it is from (a file).
        written: the mapping by whose items a wrong place is named, where the person wrote another.

    Raises:
        ConfigError: names `where` (a file), the key, what is wrong or allowed, and the value.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(problems(error, where, data if written is None else written))) from None
