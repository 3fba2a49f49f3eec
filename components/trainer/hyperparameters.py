"""Training options by dotted name, as a search tries them and as the Trainer takes over what it found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from widedeep.components.common.settings import parse
from widedeep.components.trainer.training_options import TrainingOptions


def option_fields(model: type[BaseModel] = TrainingOptions, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """The options below a group and its groups, as ("wide.l1", its field)."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from option_fields(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def with_values(options: TrainingOptions, values: Mapping[str, Any]) -> TrainingOptions:
    """The options with other values, by dotted name.

    Raises:
        ConfigError: the values don't go with each other, or with the other options.
    """
    data = options.model_dump()
    for name, value in values.items():
        *groups, last = name.split(".")
        group = data
        for key in groups:
            group = group[key]
        group[last] = value
    return parse(TrainingOptions, data, "training")


def with_hyperparameters(options: TrainingOptions, hyperparameters: Mapping[str, Any] | None) -> TrainingOptions:
    """The options with what a search found, where there was one.

    Args:
        options: what the person set.
        hyperparameters: the config of Keras Tuner's HyperParameters, as TFX's Tuner hands it to the Trainer.
    """
    return with_values(options, decode(hyperparameters["values"])) if hyperparameters else options


def encode(choice: Any) -> str:
    """A choice as Keras Tuner takes it, which knows no lists, no null and no choices of different types."""
    return json.dumps(choice)


def decode(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keras Tuner's values by name, with the choices as they were before `encode`."""
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in values.items()}
