"""The small model with its declaration, as a pushed version has it, and rows for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_model import SmallModel

from widedeep.components import features
from widedeep.components.features.model_files import FEATURES
from widedeep.components.features.spec import FeatureSpec

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "clicked"},
        "features": [
            {"key": "x", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
            {
                "key": "color",
                "column": "Colour",
                "kind": "categorical",
                "side": "candidate",
                "required": True,
                "transform": {"vocabulary": {}},
                "wide": True,
            },
            {"key": "tags", "kind": "set", "side": "candidate", "transform": {"hash": {"buckets": 9}}, "wide": True},
        ],
    }
)


@pytest.fixture(scope="session")
def spec() -> FeatureSpec:
    """x, a number; color, a category that is required and whose column is Colour; tags, a set."""
    return SPEC


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 1 of the small model."""
    folder = SmallModel.write(tmp_path_factory.mktemp("scored") / "models" / "1")
    (folder / FEATURES).parent.mkdir()
    (folder / FEATURES).write_text(features.to_json(SPEC))
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """write(name, text) makes a file of rows."""

    def make(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    return make


@pytest.fixture(scope="session")
def small_score() -> Callable[..., Any]:
    """The small model's formula."""
    return SmallModel.score
