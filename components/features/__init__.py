"""The feature declaration: read, checked, and passed between components as JSON."""

from __future__ import annotations

from pathlib import Path

from widedeep.components.common.settings import read_yaml
from widedeep.components.features.groups import declaration
from widedeep.components.features.spec import Cross, Feature, FeatureSpec

__all__ = ["Cross", "Feature", "FeatureSpec", "from_json", "load", "to_json"]


def load(path: Path) -> FeatureSpec:
    """Reads a features.yaml. Raises ConfigError, naming file, key and value."""
    return declaration(read_yaml(path), str(path))


def to_json(spec: FeatureSpec) -> str:
    """The declaration as one canonical line: equal declarations give equal text, so it serves cache keys."""
    return spec.model_dump_json(exclude_defaults=True)


def from_json(text: str) -> FeatureSpec:
    """The declaration back from `to_json`."""
    return FeatureSpec.model_validate_json(text)
