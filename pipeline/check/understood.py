"""The features as they were understood, in a few words each."""

from __future__ import annotations

from typing import NamedTuple

from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.features.transforms import Transform, Vocabulary


class Understood(NamedTuple):
    """A feature in words: its key and column, what it is, what becomes of it, and where it goes."""

    feature: str
    column: str
    kind: str
    transform: str
    parts: str


def understood(spec: FeatureSpec) -> list[Understood]:
    """Label, weight and features, in the declaration's order."""
    label = spec.label
    kind = f"{label.kind} label" + (f", {label.classes} classes" if label.classes else "")
    lines = [Understood(label.key, spec.columns[label.key], kind, "", "")]
    if spec.weight:
        lines.append(Understood(spec.weight, spec.columns[spec.weight], "weight", "", ""))
    for feature in spec.features:
        lines.append(_feature(spec, feature, spec.columns[feature.key]))
        # The model sees the parts of a time, which are numbers.
        parts = (spec.inputs[f"{feature.key}_{name}"] for name in feature.parts)
        lines += [_feature(spec, part, spec.columns[feature.key]) for part in parts]
    return lines


def crosses(spec: FeatureSpec) -> list[str]:
    """Each cross in words."""
    return [f"{' × '.join(cross.keys)} in {_count(cross.buckets)} buckets" for cross in spec.crosses]  # noqa: RUF001


def _feature(spec: FeatureSpec, feature: Feature, column: str) -> Understood:
    kind = f"{feature.kind}{_detail(feature)}, {feature.side}"
    crossed = any(feature.key in cross.keys for cross in spec.crosses)
    parts = [
        *(["wide"] if feature.wide and not feature.parts else []),
        *(["crossed"] if crossed else []),
        *([_deep(feature)] if feature.deep and not feature.parts else []),
        *(["sliced"] if feature.slice else []),
        *(["required"] if feature.required else []),
    ]
    transform = ", ".join(feature.parts) if feature.kind == "time" else _transform(feature.transform)
    unused = "" if feature.parts else "unused"
    return Understood(feature.key, column, kind, transform, ", ".join(parts) or unused)


def _detail(feature: Feature) -> str:
    if feature.kind == "time":
        return f" in {feature.zone or 'UTC'}"
    return f" of {feature.bits} bits" if feature.rest else ""


def _deep(feature: Feature) -> str:
    assert feature.deep
    return f"embedding of {feature.deep.embedding}" if feature.deep.embedding else "deep"


def _transform(transform: Transform) -> str:
    words = []
    if transform.vocabulary:
        words.append(_vocabulary(transform.vocabulary))
    if transform.hash:
        words.append(f"hash, {_count(transform.hash.buckets)} buckets")
    if transform.quantile_cdf:
        words.append(f"{transform.quantile_cdf.quantiles} quantiles")
    if transform.buckets:
        words.append(f"{len(transform.buckets.boundaries) + 1} buckets")
    words += [name.replace("_", "-") for name in ("z_score", "log") if getattr(transform, name) is not None]
    known = {"vocabulary", "hash", "quantile_cdf", "buckets", "z_score", "log"}
    return "; ".join([*words, *sorted(transform.names - known)])


def _vocabulary(vocabulary: Vocabulary) -> str:
    if vocabulary.of:
        return f"vocabulary of {vocabulary.of}"
    count = f", seen {vocabulary.min_count} times" if vocabulary.min_count > 1 else ""
    size = f", the {_count(vocabulary.max_size)} most frequent" if vocabulary.max_size else ""
    return f"vocabulary{count}{size}"


def _count(number: object) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)
