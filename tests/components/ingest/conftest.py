"""A small declaration with a column of each kind."""

from __future__ import annotations

import pytest

from widedeep.components.features import FeatureSpec


@pytest.fixture(scope="session")
def spec() -> FeatureSpec:
    """label, and a categorical, a set and a numeric feature."""
    shared = {"side": "context", "wide": True, "transform": {"hash": {"buckets": 9}}}
    return FeatureSpec.model_validate(
        {
            "label": {"key": "label"},
            "features": [
                {"key": "user", "kind": "categorical", **shared},
                {"key": "tags", "kind": "set", **shared},
                {"key": "age", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
            ],
        }
    )
