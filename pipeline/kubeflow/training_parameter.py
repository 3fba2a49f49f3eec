"""The run's parameter `training`: training options by dotted name, which change from day to day without compiling."""

from __future__ import annotations

import json
from typing import Annotated, Any

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from widedeep.components.common.errors import ConfigError, shown
from widedeep.components.common.setting_types import kinds
from widedeep.components.common.settings import nearest
from widedeep.components.common.yaml_text import from_yaml
from widedeep.components.trainer.hyperparameters import option_fields

# The parameter's name, and its value that changes nothing.
NAME, NOTHING = "training", "{}"
_EXAMPLE = '{"deep.dropout": 0.1, "deep.hidden": [256, 128]}'
# What has another place, and which.
_ELSEWHERE = {
    "epochs": "is a parameter of its own: epochs",
    "warm_start": "decides which steps the pipeline has: compile it again with --set training.warm_start=...",
}


def parse_training(text: str, where: str) -> dict[str, Any]:
    """The options by dotted name. How they go with each other and with the settings only a step can tell.

    Args:
        text: a mapping in JSON or YAML.
        where: names the parameter in errors.

    Raises:
        ConfigError: it is no mapping, a name is unknown, or a value is none of its option's.
    """
    try:
        values = from_yaml(text)
    except yaml.YAMLError:
        values = None
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: needs training options by dotted name, as '{_EXAMPLE}' (it is {shown(text)}).")
    fields = dict(option_fields())
    return {name: _value(name, value, fields, where) for name, value in values.items()}


def as_json(values: dict[str, Any]) -> str:
    """The parameter's text for some options."""
    return json.dumps(values)


def as_overrides(text: str, where: str) -> tuple[str, ...]:
    """The settings that the parameter changes, as --set takes them. Raises ConfigError as `parse_training`."""
    return tuple(f"training.{name}={json.dumps(value)}" for name, value in parse_training(text, where).items())


def _value(name: object, value: Any, fields: dict[str, FieldInfo], where: str) -> Any:
    if name in _ELSEWHERE:
        raise ConfigError(f"{where}: '{name}' {_ELSEWHERE[str(name)]}.")
    field = fields.get(str(name))
    if field is None:
        raise ConfigError(f"{where}: unknown option '{name}': {nearest(str(name), fields.keys() - _ELSEWHERE.keys())}")
    kind: Any = Annotated[field.annotation, field]
    option: TypeAdapter[Any] = TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False))
    try:
        if isinstance(value, bool) and kinds(field.annotation) <= {int, float}:
            raise ConfigError(f"{where}: {name}: needs a number (it is {str(value).lower()}).")
        return option.dump_python(option.validate_python(value), mode="json")
    except ValidationError as error:
        says = "; or: ".join(dict.fromkeys(item["msg"] for item in error.errors()))
        raise ConfigError(f"{where}: {name}: {says} (it is {shown(value)}).") from None
