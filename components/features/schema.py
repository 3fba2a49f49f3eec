"""The TensorFlow Metadata schema of the raw data, derived from the feature declaration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from widedeep.components.common.errors import ConfigError, reason
from widedeep.components.common.settings import nearest
from widedeep.components.features.spec import Feature, FeatureSpec, Label

_TYPES = {
    "categorical": schema_pb2.BYTES,
    "set": schema_pb2.BYTES,
    "numeric": schema_pb2.FLOAT,
    "time": schema_pb2.FLOAT,
}
SERVING = "SERVING"
TRAINING = "TRAINING"


def derive(spec: FeatureSpec) -> schema_pb2.Schema:
    """The schema that follows from the declaration alone: names, types, presence, environments, limits."""
    schema = schema_pb2.Schema(default_environment=[TRAINING, SERVING])
    for feature in spec.features:
        _add(schema, feature)
    _add_label(schema, spec.label)
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
    if feature.rest:
        _one_value(schema.feature.add(name=feature.rest, type=schema_pb2.FLOAT))


def _add_label(schema: schema_pb2.Schema, label: Label) -> None:
    proto = schema.feature.add(name=label.key, type=schema_pb2.FLOAT, not_in_environment=[SERVING])
    proto.presence.min_fraction = 1.0
    if label.kind != "regression":
        proto.type = schema_pb2.INT
        proto.int_domain.min, proto.int_domain.max = 0, (label.classes or 2) - 1
    _one_value(proto)


def _one_value(proto: schema_pb2.Feature) -> None:
    proto.value_count.min = proto.value_count.max = 1


def read(path: Path) -> schema_pb2.Schema:
    """Reads a schema.pbtxt. Raises ConfigError where it is absent or can't be parsed."""
    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), schema_pb2.Schema())
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file. Without `schema` one is derived from features.yaml."
        ) from None
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ConfigError(f"{path}: is no schema in the text form of schema.proto: {reason(error)}.") from None


def check_agreement(spec: FeatureSpec, schema: schema_pb2.Schema, path: Path | str) -> None:
    """Refuses a curated schema that contradicts the declaration.

    Args:
        spec: the declaration.
        schema: the curated schema.
        path: where it was read from, for the message.

    Raises:
        ConfigError: every disagreement, one a line.
    """
    sentences = disagreements(spec, schema)
    if sentences:
        raise ConfigError("\n".join(f"{path}: {sentence}" for sentence in sentences))


# Presence is apart: a curated schema may be stricter.
_SAME = (
    "type",
    "lifecycle_stage",
    "in_environment",
    "not_in_environment",
    "value_count",
    "drift_comparator",
    "skew_comparator",
)


def disagreements(spec: FeatureSpec, schema: schema_pb2.Schema) -> list[str]:
    """Where a curated schema contradicts the declaration, one sentence each, sorted; empty if they are in step.

    A curated schema may say more (domains, stricter presence); it may not differ in the features' names,
    types, number of values, environments or drift and skew limits, nor in the label's classes.
    """
    derived = {feature.name: feature for feature in derive(spec).feature}
    curated = {feature.name: feature for feature in schema.feature}
    sentences = [
        f"feature '{name}' of features.yaml is missing in the schema: {nearest(name, curated)}"
        for name in derived.keys() - curated.keys()
    ]
    sentences += [
        f"feature '{name}' of the schema is not in features.yaml: {nearest(name, derived)}"
        for name in curated.keys() - derived.keys()
    ]
    sentences += [
        f"feature '{name}' stands in the schema {count} times"
        for name, count in Counter(feature.name for feature in schema.feature).items()
        if count > 1
    ]
    environments = sorted(schema.default_environment)
    if environments != [SERVING, TRAINING]:
        sentences.append(f"default_environment must be {TRAINING} and {SERVING}, and is {_plain(environments)}")
    domains = [domain.name for domain in schema.string_domain]
    for name in derived.keys() & curated.keys():
        same = (*_SAME, "int_domain") if name == spec.label.key else _SAME
        sentences += _differences(derived[name], curated[name], same)
        domain = curated[name].domain
        if domain and domain not in domains:
            sentences.append(
                f"feature '{name}': the schema has no string_domain '{domain}': {nearest(domain, domains)}"
            )
    return sorted(sentences)


def _differences(derived: schema_pb2.Feature, curated: schema_pb2.Feature, same: Iterable[str]) -> Iterator[str]:
    for field in same:
        ours, theirs = _text(derived, field), _text(curated, field)
        if ours != theirs:
            yield f"feature '{derived.name}': {field} is {ours} by features.yaml, but {theirs} in the schema"
    if curated.presence.min_fraction < derived.presence.min_fraction:
        yield (
            f"feature '{derived.name}': it must be present in every row by features.yaml, "
            f"but presence.min_fraction is {curated.presence.min_fraction:g} in the schema"
        )


def _text(feature: schema_pb2.Feature, field: str) -> str:
    descriptor = feature.DESCRIPTOR.fields_by_name[field]
    value = getattr(feature, field)
    if descriptor.enum_type is not None:
        return str(descriptor.enum_type.values_by_number[value].name)
    if descriptor.message_type is not None:
        return " ".join(text_format.MessageToString(value).split()) or "unset"
    return _plain(value)


def _plain(names: Iterable[str]) -> str:
    return ", ".join(names) or "unset"
