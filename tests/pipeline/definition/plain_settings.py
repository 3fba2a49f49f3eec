"""A pipeline.yaml as short as one can be, what it is read as, and what is said of a mistake in it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition import config
from widedeep.pipeline.definition.config import PipelineConfig

PLAIN: dict[str, Any] = {
    "name": "shop",
    "data": {"path": "rows", "format": "csv", "splits": {"train": "a/*", "eval": "b/*", "test": "c/*"}},
    "training": {"epochs": 2, "wide": {"l1": 0.5}},
}


def written(folder: Path, data: dict[str, Any] | str) -> Path:
    path = folder / "pipeline.yaml"
    path.write_text(data if isinstance(data, str) else json.dumps(data))  # JSON is YAML
    return path


def load(folder: Path, *overrides: str, data: dict[str, Any] | str = PLAIN) -> PipelineConfig:
    return config.load(written(folder, data), overrides)


def refused(folder: Path, *overrides: str, data: dict[str, Any] | str = PLAIN) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, *overrides, data=data)
    message = str(caught.value)
    assert message.replace(f"{folder}/pipeline.yaml", "FILE") != message or message.startswith("--set")
    return message.replace(f"{folder}/pipeline.yaml", "FILE")


def changed(dotted: str, value: Any) -> dict[str, Any]:
    """The settings with another value at a place, or none."""
    data = copy.deepcopy(PLAIN)
    *parents, last = dotted.split(".")
    group = data
    for key in parents:
        group = group.setdefault(key, {})
    if value is ...:
        del group[last]
    else:
        group[last] = value
    return data
