"""The features as they were understood, in a few words each."""

from __future__ import annotations

from typing import NamedTuple

from widedeep.components.features.spec import Feature, FeatureSpec, Label
from widedeep.components.features.transforms import Transform, Vocabulary
from widedeep.components.ingest.negatives.negative_options import NegativeOptions


class Understood(NamedTuple):
    """A feature in words: its key and column, what it is, what becomes of it, and where it goes."""

    feature: str
    column: str
    kind: str
    transform: str
    parts: str


def understood(spec: FeatureSpec) -> list[Understood]:
    """Label, weight and features, in the declaration's order, each time with its parts behind it."""
    label = spec.label
    lines = [Understood(label.key, spec.columns[label.key], _label(label), "", "")]
    if spec.weight:
        lines.append(Understood(spec.weight, spec.columns[spec.weight], "weight", "", ""))
    for feature in spec.features:
        lines += _time(spec, feature) if feature.kind == "time" else [_feature(spec, feature)]
    return lines


def crosses(spec: FeatureSpec) -> list[str]:
    """Each cross in words."""
    return [f"{' × '.join(cross.keys)} in {_count(cross.buckets)} buckets" for cross in spec.crosses]  # noqa: RUF001


def negatives(options: NegativeOptions, spec: FeatureSpec) -> str:
    """The rows that are drawn, in words."""
    keys = ", ".join(options.keys_of(spec))
    never = f" that no row has with its '{options.never}'" if options.never else ""
    chance = f", the more rows it has (to the power of {options.popularity:g})" if options.popularity else ", all alike"
    return f"{options.per_positive} rows of label 0 for each of label 1, with another {keys}{never}{chance}"


def _label(label: Label) -> str:
    classes = f", {label.classes} classes" if label.classes else ""
    above = f", 1 above {label.above:g}" if label.above is not None else ""
    positive = f", 1: {' or '.join(label.positive)}" if label.positive else ""
    negative = f", 0: {' or '.join(label.negative)}" if label.negative else ""
    return f"{label.kind} label{classes}{above}{positive}{negative}"


def _time(spec: FeatureSpec, time: Feature) -> list[Understood]:
    kind = f"time in {time.unit}, {time.zone or 'UTC'}, {time.side}"
    required = "required" if time.required else ""
    parts = []
    for key, (of, _, part) in spec.parts.items():
        if of is time:
            line = _feature(spec, spec.inputs[key])
            what = f"seconds since {part.since}" if part.since else f"part of {time.key}"
            parts.append(line._replace(column="", kind=f"{what}, {spec.inputs[key].side}"))
    return [Understood(time.key, spec.columns[time.key], kind, "", required), *parts]


def _feature(spec: FeatureSpec, feature: Feature) -> Understood:
    column = spec.columns.get(feature.key, "")
    kind = f"{feature.kind}{f' of {feature.bits} bits' if feature.rest else ''}, {feature.side}"
    crossed = any(feature.key in cross.keys for cross in spec.crosses)
    parts = [
        *(["wide"] if feature.wide else []),
        *(["crossed"] if crossed else []),
        *([_deep(feature)] if feature.deep else []),
        *(["sliced"] if feature.slice else []),
        *(["required"] if feature.required else []),
    ]
    return Understood(feature.key, column, kind, _transform(feature.transform), ", ".join(parts) or "unused")


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
