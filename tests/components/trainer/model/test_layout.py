"""Where columns lie in the tables, and which variants a declaration can't feed."""

from __future__ import annotations

from typing import Any

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.model.layout import Slot, make_layout
from widedeep.components.trainer.model.network import new_model
from widedeep.components.trainer.training_options import TrainingOptions


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
        feature("only", "categorical", {"vocabulary": {}}),
        feature("pay", "numeric", {"buckets": {"boundaries": [0, 10, 100]}}, wide=True),
        feature("zip", "categorical", {"hash": {"buckets": 50}}, deep={"embedding": 2}),
        crosses=({"keys": ["city", "zip"], "buckets": 1000},),
    )
    layout = make_layout(declared, {"city_vocabulary": 20}, "wide_deep")
    # city: 20 strings and 3 buckets; age: 10 quantiles and missing; pay: 4 buckets and missing; `only` has no ids.
    assert [(column.name, column.size) for column in layout.id_columns] == [
        ("city_id", 23),
        ("home_id", 23),
        ("age_id", 11),
        ("pay_id", 5),
        ("zip_id", 50),
        ("city_x_zip", 1000),
    ]
    assert layout.wide.slots == (
        Slot("city_id", 0, 0, 23),
        Slot("age_id", 2, 23, 11),
        Slot("pay_id", 3, 34, 5),
        Slot("city_x_zip", 5, 39, 1000),
    )
    assert (layout.wide.rows, layout.wide.width, layout.wide.pooling, layout.wide.cells) == (1039, 1, "root", 1)
    narrow, broad = layout.embeddings
    assert (narrow.width, narrow.slots, narrow.cells) == (2, (Slot("zip_id", 4, 0, 50),), 1)
    assert (broad.width, broad.slots, broad.cells) == (4, (Slot("city_id", 0, 0, 23), Slot("home_id", 1, 23, 23)), 2)
    assert layout.dense == ("age_value", "age_missing")
    assert layout.deep_width == 2 + 4 + 4 + 2
    of_columns = [feature.key for feature in layout.deep_features(declared)]
    assert of_columns == ["zip"] * 2 + ["city"] * 4 + ["home"] * 4 + ["age"] * 2
    assert layout.tables == (layout.wide, narrow, broad)


def test_each_width_and_pooling_has_a_table():
    hashed = {"hash": {"buckets": 5}}
    declared = spec(
        feature("p", "set", hashed, deep={"embedding": 4, "pooling": "sum"}),
        feature("q", "set", hashed, deep={"embedding": 4}),
        feature("r", "set", hashed, deep={"embedding": 2}),
        feature("s", "set", hashed, deep={"embedding": 4, "pooling": "sum"}),
    )
    tables = make_layout(declared, {}, "deep").embeddings
    assert [(table.width, table.pooling, [slot.column for slot in table.slots]) for table in tables] == [
        (2, "mean", ["r_id"]),
        (4, "mean", ["q_id"]),
        (4, "sum", ["p_id", "s_id"]),
    ]


def test_the_wide_table_is_as_wide_as_there_are_logits():
    layout = make_layout(spec(WIDE, IDS), {}, "wide_deep", outputs=5)
    assert layout.wide.width == 5
    assert [table.width for table in layout.embeddings] == [4]


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
        make_layout(declared, {}, model)
    assert str(caught.value) == message


def test_more_rows_than_32_bits_number_are_refused_with_the_largest_column():
    small = feature("small", "set", {"hash": {"buckets": 2**30}}, wide=True)
    large = feature("large", "set", {"hash": {"buckets": 2**30 + 1}}, wide=True)
    with pytest.raises(ConfigError) as caught:
        make_layout(spec(small, large), {}, "wide")
    assert str(caught.value) == (
        "the columns that are 1 wide have 2,147,483,649 ids together, more than 2,147,483,647: "
        "give the largest, 'large_id' with 1,073,741,825, fewer buckets or a smaller vocabulary."
    )


def test_as_many_rows_as_32_bits_number_are_allowed():
    most = feature("most", "set", {"hash": {"buckets": 2**31 - 1}}, wide=True)
    assert make_layout(spec(most), {}, "wide").wide.rows == 2**31 - 1


@pytest.mark.parametrize(
    ("model", "declared", "tables", "layers"),
    [
        ("wide", spec(WIDE, IDS, NUMBER), ["wide"], 0),
        ("deep", spec(WIDE, IDS), ["embedding_4_mean"], 8),
        ("wide_deep", spec(WIDE, IDS), ["wide", "embedding_4_mean"], 8),
        ("deep", spec(NUMBER), [], 8),
        ("wide", spec(WIDE, IDS, crosses=({"keys": ["w", "i"], "buckets": 9},)), ["wide"], 0),
    ],
)
def test_a_variant_has_its_own_parts_alone(model, declared, tables, layers):
    made = new_model(make_layout(declared, {}, model), TrainingOptions(model=model))
    assert [table.name.removesuffix(":0") for table in made.tables] == tables
    # Three hidden layers and the last one, each with kernel and bias.
    assert len(made.layers) == layers
