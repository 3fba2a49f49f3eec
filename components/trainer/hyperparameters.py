"""What a search tries and the Trainer takes over, by dotted name: training options, and sizes of embeddings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from widedeep.components.common.settings import parse
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.training_options import TrainingOptions

_EMBEDDING = re.compile(r"features\.(\w+)\.deep\.embedding")


def option_fields(model: type[BaseModel] = TrainingOptions, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """The options below a group and its groups, as ("wide.l1", its field)."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from option_fields(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def with_values(options: TrainingOptions, values: Mapping[str, Any]) -> TrainingOptions:
    """The options with other values, by dotted name; sizes of embeddings are none of them.

    Raises:
        ConfigError: the values don't go with each other, or with the other options.
    """
    data = options.model_dump()
    for name, value in values.items():
        if embedded(name):
            continue
        *groups, last = name.split(".")
        group = data
        for key in groups:
            group = group[key]
        group[last] = value
    return parse(TrainingOptions, data, "training")


def embedded(name: str) -> str | None:
    """The key of the feature whose embedding's size has this name, features.KEY.deep.embedding; else None."""
    match = _EMBEDDING.fullmatch(name)
    return match.group(1) if match else None


def with_embeddings(spec: FeatureSpec, values: Mapping[str, Any]) -> FeatureSpec:
    """The declaration with other sizes of embeddings, by dotted name; other names are passed over."""
    sizes = {embedded(name): value for name, value in values.items()}
    changed = [
        feature.model_copy(update={"deep": feature.deep.model_copy(update={"embedding": sizes[feature.key]})})
        if feature.deep and feature.key in sizes
        else feature
        for feature in spec.features
    ]
    return spec.model_copy(update={"features": tuple(changed)})


def with_hyperparameters(
    options: TrainingOptions, spec: FeatureSpec, hyperparameters: Mapping[str, Any] | None
) -> tuple[TrainingOptions, FeatureSpec]:
    """The options and the declaration with what a search found, where there was one.

    Args:
        options: what the person set.
        spec: what the person declared.
        hyperparameters: the config of Keras Tuner's HyperParameters, as TFX's Tuner hands it to the Trainer.
    """
    if not hyperparameters:
        return options, spec
    values = decode(hyperparameters["values"])
    return with_values(options, values), with_embeddings(spec, values)


def encode(choice: Any) -> str:
    """A choice as Keras Tuner takes it, which knows no lists, no null and no choices of different types."""
    return json.dumps(choice)


def decode(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keras Tuner's values by name, with the choices as they were before `encode`."""
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in values.items()}
