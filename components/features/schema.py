"""The TensorFlow Metadata schema of the raw data, derived from the feature declaration."""

from __future__ import annotations

from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.errors import ConfigError
from components.features.spec import Feature, FeatureSpec

_TYPES = {"categorical": schema_pb2.BYTES, "set": schema_pb2.BYTES, "numeric": schema_pb2.FLOAT}
SERVING = "SERVING"
TRAINING = "TRAINING"


def derive(spec: FeatureSpec) -> schema_pb2.Schema:
    """The schema that follows from the declaration alone: names, types, presence, environments, limits."""
    schema = schema_pb2.Schema(default_environment=[TRAINING, SERVING])
    for feature in spec.features:
        _add(schema, feature)
    label = schema.feature.add(name=spec.label.key, type=schema_pb2.INT, not_in_environment=[SERVING])
    label.presence.min_fraction = 1.0
    label.int_domain.min, label.int_domain.max = 0, 1
    _one_value(label)
    if spec.weight:
        weight = schema.feature.add(name=spec.weight, type=schema_pb2.FLOAT, not_in_environment=[SERVING])
        weight.presence.min_fraction = 1.0
        weight.float_domain.min = 0.0
        _one_value(weight)
    return schema


def _add(schema: schema_pb2.Schema, feature: Feature) -> None:
    proto = schema.feature.add(name=feature.key, type=_TYPES[feature.kind])
    if feature.required:
        proto.presence.min_fraction = 1.0
        proto.presence.min_count = 1
    if feature.kind != "set":
        _one_value(proto)
    for limit, comparator in ((feature.drift, proto.drift_comparator), (feature.skew, proto.skew_comparator)):
        if limit is None:
            continue
        if feature.kind == "numeric":
            comparator.jensen_shannon_divergence.threshold = limit
        else:
            comparator.infinity_norm.threshold = limit


def _one_value(proto: schema_pb2.Feature) -> None:
    proto.value_count.min = proto.value_count.max = 1


def read(path: Path) -> schema_pb2.Schema:
    """Reads a schema.pbtxt. Raises ConfigError where it is absent or can't be parsed."""
    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), schema_pb2.Schema())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ConfigError(f"{path}: is not a readable schema: {error}") from None


def disagreements(spec: FeatureSpec, schema: schema_pb2.Schema) -> list[str]:
    """Where a curated schema contradicts the declaration, one sentence each; empty if they are in step.

    A curated schema may say more (domains, stricter presence); it may not differ in the features' names,
    types, number of values, environments or drift and skew limits.
    """
    derived = {feature.name: feature for feature in derive(spec).feature}
    curated = {feature.name: feature for feature in schema.feature}
    found = [f"feature '{name}' is in features.yaml alone" for name in derived if name not in curated]
    found += [f"feature '{name}' is in the schema alone" for name in curated if name not in derived]
    if set(schema.default_environment) != {TRAINING, SERVING}:
        found.append("default_environment must name TRAINING and SERVING")
    for name in derived.keys() & curated.keys():
        for field in ("type", "not_in_environment", "value_count", "drift_comparator", "skew_comparator"):
            ours, theirs = getattr(derived[name], field), getattr(curated[name], field)
            if ours != theirs:
                shown = [" ".join(str(value).split()) or "nothing" for value in (ours, theirs)]
                found.append(f"{field} of '{name}' is {shown[0]} in features.yaml and {shown[1]} in the schema")
    return sorted(found)
