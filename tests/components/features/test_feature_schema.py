"""The schema that follows from features.yaml, and curated ones that contradict it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from widedeep.components.common.errors import ConfigError
from widedeep.components.features import FeatureSpec
from widedeep.components.features import schema as schemas
from widedeep.components.features.spec import Label

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "liked"},
        "weight": "importance",
        "features": [
            {
                "key": "item",
                "kind": "categorical",
                "side": "candidate",
                "required": True,
                "transform": {"vocabulary": {}},
                "wide": True,
                "drift": 0.25,
            },
            {"key": "tags", "kind": "set", "side": "candidate", "transform": {"hash": {"buckets": 9}}, "skew": 0.5},
            {"key": "age", "kind": "numeric", "side": "context", "transform": {"log": {}}, "drift": 0.125, "skew": 0.5},
            {"key": "clock", "kind": "numeric", "bits": 64, "side": "context", "transform": {"log": {}}},
        ],
    }
)

# Written by hand from what schema.proto says of each field.
DERIVED = """
default_environment: "TRAINING"
default_environment: "SERVING"
feature {
  name: "item" type: BYTES
  presence { min_fraction: 1 min_count: 1 }
  value_count { min: 1 max: 1 }
  drift_comparator { infinity_norm { threshold: 0.25 } }
}
feature { name: "tags" type: BYTES skew_comparator { infinity_norm { threshold: 0.5 } } }
feature {
  name: "age" type: FLOAT
  value_count { min: 1 max: 1 }
  drift_comparator { jensen_shannon_divergence { threshold: 0.125 } }
  skew_comparator { jensen_shannon_divergence { threshold: 0.5 } }
}
feature { name: "clock" type: FLOAT value_count { min: 1 max: 1 } }
feature { name: "clock_rest" type: FLOAT value_count { min: 1 max: 1 } }
feature {
  name: "liked" type: INT
  presence { min_fraction: 1 }
  value_count { min: 1 max: 1 }
  int_domain { min: 0 max: 1 }
  not_in_environment: "SERVING"
}
feature {
  name: "importance" type: FLOAT
  presence { min_fraction: 1 }
  value_count { min: 1 max: 1 }
  float_domain { min: 0 }
  not_in_environment: "SERVING"
}
"""


def golden() -> schema_pb2.Schema:
    return text_format.Parse(DERIVED, schema_pb2.Schema())


def named(schema: schema_pb2.Schema, name: str) -> schema_pb2.Feature:
    [feature_] = [feature for feature in schema.feature if feature.name == name]
    return feature_


def test_derived() -> None:
    assert schemas.derive(SPEC) == golden()


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ({"kind": "regression"}, "type: FLOAT"),
        ({"kind": "multiclass", "classes": 5}, "type: INT int_domain { min: 0 max: 4 }"),
    ],
)
def test_derived_label(label: dict[str, object], expected: str) -> None:
    spec = SPEC.model_copy(update={"label": Label.model_validate({"key": "liked", **label})})
    schema = golden()
    named(schema, "liked").ClearField("int_domain")
    text_format.Merge(expected, named(schema, "liked"))
    assert schemas.derive(spec) == schema


def test_a_curated_schema_may_say_more() -> None:
    curated = golden()
    named(curated, "age").float_domain.max = 120
    named(curated, "age").presence.min_fraction = 0.9
    curated.string_domain.add(name="tag", value=["a", "b"])
    named(curated, "tags").domain = "tag"
    del curated.default_environment[:]
    curated.default_environment.extend(["SERVING", "TRAINING"])
    assert schemas.disagreements(SPEC, curated) == []
    schemas.check_agreement(SPEC, curated, "s.pbtxt")


def rename(old: str, new: str) -> Callable[[schema_pb2.Schema], None]:
    def change(schema: schema_pb2.Schema) -> None:
        named(schema, old).name = new

    return change


def put(name: str, text: str) -> Callable[[schema_pb2.Schema], None]:
    return lambda schema: text_format.Merge(text, named(schema, name)) and None


def clear(name: str, field: str) -> Callable[[schema_pb2.Schema], None]:
    return lambda schema: named(schema, name).ClearField(field)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            rename("item", "itme"),
            [
                "feature 'item' of features.yaml is missing in the schema: did you mean 'itme'?",
                "feature 'itme' of the schema is not in features.yaml: did you mean 'item'?",
            ],
        ),
        (
            lambda schema: schema.feature.add().CopyFrom(named(schema, "tags")),
            ["feature 'tags' stands in the schema 2 times"],
        ),
        (
            lambda schema: schema.ClearField("default_environment"),
            ["default_environment must be TRAINING and SERVING, and is unset"],
        ),
        (
            lambda schema: schema.default_environment.append("X"),
            ["default_environment must be TRAINING and SERVING, and is SERVING, TRAINING, X"],
        ),
        (put("age", "type: INT"), ["feature 'age': type is FLOAT by features.yaml, but INT in the schema"]),
        (
            put("age", "lifecycle_stage: DEPRECATED"),
            ["feature 'age': lifecycle_stage is UNKNOWN_STAGE by features.yaml, but DEPRECATED in the schema"],
        ),
        (
            put("age", 'in_environment: "TRAINING"'),
            ["feature 'age': in_environment is unset by features.yaml, but TRAINING in the schema"],
        ),
        (
            clear("liked", "not_in_environment"),
            ["feature 'liked': not_in_environment is SERVING by features.yaml, but unset in the schema"],
        ),
        (
            put("tags", "value_count { min: 1 }"),
            ["feature 'tags': value_count is unset by features.yaml, but min: 1 in the schema"],
        ),
        (
            put("item", "drift_comparator { infinity_norm { threshold: 0.5 } }"),
            [
                "feature 'item': drift_comparator is infinity_norm { threshold: 0.25 } by features.yaml, "
                "but infinity_norm { threshold: 0.5 } in the schema"
            ],
        ),
        (
            clear("tags", "skew_comparator"),
            [
                "feature 'tags': skew_comparator is infinity_norm { threshold: 0.5 } by features.yaml, "
                "but unset in the schema"
            ],
        ),
        (
            put("item", "presence { min_fraction: 0.5 }"),
            [
                "feature 'item': it must be present in every row by features.yaml, "
                "but presence.min_fraction is 0.5 in the schema"
            ],
        ),
        (
            put("liked", "int_domain { max: 4 }"),
            ["feature 'liked': int_domain is min: 0 max: 1 by features.yaml, but min: 0 max: 4 in the schema"],
        ),
        (
            clear("liked", "int_domain"),
            ["feature 'liked': int_domain is min: 0 max: 1 by features.yaml, but unset in the schema"],
        ),
        (
            put("item", 'domain: "itmes"'),
            ["feature 'item': the schema has no string_domain 'itmes': did you mean 'items'?"],
        ),
    ],
)
def test_each_disagreement_is_a_sentence(change: Callable[[schema_pb2.Schema], None], expected: list[str]) -> None:
    curated = golden()
    curated.string_domain.add(name="items", value=["a"])
    assert schemas.disagreements(SPEC, curated) == []
    change(curated)
    assert schemas.disagreements(SPEC, curated) == expected
    with pytest.raises(ConfigError) as caught:
        schemas.check_agreement(SPEC, curated, Path("s.pbtxt"))
    assert str(caught.value).splitlines() == [f"s.pbtxt: {sentence}" for sentence in expected]


def test_read(tmp_path: Path) -> None:
    path = tmp_path / "schema.pbtxt"
    path.write_text("# a comment\n" + DERIVED)
    assert schemas.read(path) == golden()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"feature { nmae: 'x' }", 'is no schema in the text form of schema.proto: 1:11 : .*no field named "nmae"'),
        (b"# \xff", "is no schema in the text form of schema.proto: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_unreadable(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "schema.pbtxt"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=text) as caught:
        schemas.read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        schemas.read(tmp_path / "s.pbtxt")
    expected = f"{tmp_path}/s.pbtxt: there is no such file. Without `schema` one is derived from features.yaml."
    assert str(caught.value) == expected
