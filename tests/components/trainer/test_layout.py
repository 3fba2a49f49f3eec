"""Where columns lie in the tables, and which variants a declaration can't feed."""

from __future__ import annotations

from typing import Any

import pytest

from components.errors import ConfigError
from components.features.spec import FeatureSpec
from components.trainer.layout import Slot, make_layout
from components.trainer.model import WideDeepModel
from components.trainer.options import TrainingOptions


def spec(*features: dict[str, Any], crosses: tuple[dict[str, Any], ...] = ()) -> FeatureSpec:
    return FeatureSpec.model_validate({"label": {"key": "y"}, "features": list(features), "crosses": list(crosses)})


def feature(key: str, kind: str, transform: dict[str, Any], **roles: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "side": "context", "transform": transform, **roles}


NUMBER = feature("n", "numeric", {"z_score": {}}, deep={})
IDS = feature("i", "categorical", {"hash": {"buckets": 6}}, deep={"embedding": 4})
WIDE = feature("w", "categorical", {"hash": {"buckets": 5}}, wide=True)


def test_columns_lie_side_by_side_with_room_for_oov_and_missing():
    declared = spec(
        feature("city", "categorical", {"vocabulary": {"oov_buckets": 3}}, wide=True, deep={"embedding": 4}),
        feature("home", "categorical", {"vocabulary": {"of": "city"}}, deep={"embedding": 4}),
        feature("age", "numeric", {"quantile_cdf": {"quantiles": 10}}, wide=True, deep={}),
        feature("pay", "numeric", {"buckets": {"boundaries": [0, 10, 100]}}, wide=True),
        feature("zip", "categorical", {"hash": {"buckets": 50}}, deep={"embedding": 2}),
        crosses=({"keys": ["city", "zip"], "buckets": 1000},),
    )
    layout = make_layout(declared, {"city_vocabulary": 20})
    # city: 20 strings and 3 buckets; age: 10 quantiles and missing; pay: 4 buckets and missing.
    assert layout.wide.slots == (
        Slot("city_id", 0, 23),
        Slot("age_id", 23, 11),
        Slot("pay_id", 34, 5),
        Slot("city_x_zip", 39, 1000),
    )
    assert layout.wide.rows == 1039
    narrow, broad = layout.embeddings
    assert (narrow.width, narrow.slots) == (2, (Slot("zip_id", 0, 50),))
    assert (broad.width, broad.slots) == (4, (Slot("city_id", 0, 23), Slot("home_id", 23, 23)))
    assert layout.dense == ("age_value", "age_missing")
    assert layout.deep_width == 2 + 4 + 4 + 2
    assert layout.id_columns == {"city_id", "home_id", "age_id", "pay_id", "zip_id", "city_x_zip"}


@pytest.mark.parametrize(
    ("model", "declared", "message"),
    [
        (
            "wide",
            spec(IDS),
            "training.model is 'wide', and no feature in features.yaml is wide: true, or a cross: "
            "give one that role, or set training.model to 'deep'.",
        ),
        (
            "deep",
            spec(WIDE),
            "training.model is 'deep', and no feature in features.yaml is deep: "
            "give one that role, or set training.model to 'wide'.",
        ),
        (
            "wide_deep",
            spec(NUMBER),
            "training.model is 'wide_deep', and no feature in features.yaml is wide: true, or a cross: "
            "give one that role, or set training.model to 'deep'.",
        ),
        (
            "wide_deep",
            spec(WIDE),
            "training.model is 'wide_deep', and no feature in features.yaml is deep: "
            "give one that role, or set training.model to 'wide'.",
        ),
    ],
)
def test_a_variant_without_features_for_it_is_refused(model, declared, message):
    with pytest.raises(ConfigError) as caught:
        WideDeepModel(make_layout(declared, {}), TrainingOptions(model=model))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("model", "declared", "tables", "layers"),
    [
        ("wide", spec(WIDE, IDS), ["wide"], 0),
        ("deep", spec(WIDE, IDS), ["embedding_4"], 4),
        ("wide_deep", spec(WIDE, IDS), ["wide", "embedding_4"], 4),
        ("deep", spec(NUMBER), [], 4),
        ("wide", spec(WIDE, IDS, crosses=({"keys": ["w", "i"], "buckets": 9},)), ["wide"], 0),
    ],
)
def test_a_variant_has_its_own_parts_alone(model, declared, tables, layers):
    made = WideDeepModel(make_layout(declared, {}), TrainingOptions(model=model))
    assert [variable.name.removesuffix(":0") for _, variable in made.tables()] == tables
    assert len(made.hidden) == layers
