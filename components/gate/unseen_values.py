"""Values in a split, or in what a server was asked for, that the model will never have seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from widedeep.components.common.errors import shown
from widedeep.components.content.content_record import ValueSample
from widedeep.components.content.hash_sample import ALL
from widedeep.components.content.shares import Share, unknown_values
from widedeep.components.content.spelling import spelt_otherwise
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.gate.findings import Finding

# Of fewer values no share tells anything.
_FEWEST = 20
# Nearly all: new users may be so, and the model can't know them.
_WARNED = 0.9
# Values written otherwise are no news but a fault: told where they are a tenth, stopped at where they are a half.
_MISSPELT_WARNED, _MISSPELT_STOPPED = 0.1, 0.5
_SHOWN = 3


def unseen_values(
    split: str,
    features: Mapping[str, ValueSample],
    train: Mapping[str, ValueSample],
    spec: FeatureSpec,
    limit: float | None,
) -> Iterator[Finding]:
    """Yields what is wrong with a split's strings, in the order of the declaration.

    Args:
        split: its name.
        features: its values.
        train: those that the model learns from.
        spec: the declaration.
        limit: the largest share of a feature's values that train may lack; None: no such limit.
    """
    for feature in spec.features:
        vocabulary = feature.transform.vocabulary
        known = train[vocabulary.of if vocabulary and vocabulary.of else feature.key]
        values = features[feature.key]
        if feature.is_number or values.values < _FEWEST or not known.values:
            continue
        share, unknown = unknown_values(values, known)
        twins = spelt_otherwise(unknown, known.counts)
        misspelt = _occurrences(values, twins, unknown, known) * share.value
        beyond = misspelt >= _MISSPELT_STOPPED or (limit is not None and share.value > limit)
        if beyond or share.value >= _WARNED or misspelt >= _MISSPELT_WARNED:
            reason = f"train never had {_told(share)} of its values"
            if misspelt >= _MISSPELT_WARNED:
                pairs = [f"{shown(value)} is {shown(twin)} in train" for value, twin in list(twins.items())[:_SHOWN]]
                reason += f", which it has written otherwise: {', '.join(pairs)}"
            else:
                reason += f": {_listed(unknown)} here, and {_listed(_commonest(known))} in train"
            if limit is not None and share.value > limit:
                reason += f"; gate.unseen allows {limit:.1%}"
            yield Finding(split, feature.key, reason, mild=not beyond)


def _occurrences(values: ValueSample, twins: Mapping[str, str], unknown: list[str], known: ValueSample) -> float:
    """Which part of the unknown values are known ones, written otherwise."""
    total = sum(values.counts[value] for value in unknown)
    # Of a sample of the known ones, which holds each with this probability.
    held = known.limit / ALL
    return min(1.0, sum(values.counts[value] for value in twins) / total / held) if total else 0.0


def _told(share: Share) -> str:
    return f"{share.value:.1%} ({share})"


def _commonest(values: ValueSample) -> list[str]:
    return sorted(values.counts, key=lambda value: (-values.counts[value], value))


def _listed(values: list[str]) -> str:
    return ", ".join(shown(value) for value in values[:_SHOWN])
