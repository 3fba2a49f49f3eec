"""What the rows of an id column stand for: equal meanings in two trainings may share their weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from components.features.spec import Feature, FeatureSpec
from components.trainer.state import Training, Vocabularies
from components.transform import columns


@dataclass(frozen=True)
class Meaning:
    """An id column's rows: `strings` in a vocabulary's order (None where it has none), then `buckets`.

    `kind` is the rule that puts a value into a bucket; buckets of unlike kinds have nothing in common.
    """

    kind: Any
    strings: tuple[bytes, ...] | None
    buckets: int


def meaning(training: Training, column: columns.IdColumn) -> Meaning:
    """What the column's rows stand for in a training."""
    if column.feature is not None:
        return _of_feature(training.spec, column.feature, training.vocabularies)
    [cross] = [one for one in training.spec.crosses if one.name == column.name]
    members = [_crossed(training.spec.by_key[key]) for key in cross.keys]
    return Meaning((cross.keys, cross.buckets, members), None, cross.buckets)


def _of_feature(spec: FeatureSpec, feature: Feature, vocabularies: Vocabularies) -> Meaning:
    vocabulary = feature.transform.vocabulary
    if vocabulary:
        owner = spec.by_key[vocabulary.of].transform.vocabulary if vocabulary.of else vocabulary
        assert owner is not None
        return Meaning("vocabulary", tuple(vocabularies[columns.vocabulary(feature)]), owner.oov_buckets)
    if feature.transform.hash:
        return Meaning(("hash", feature.transform.hash.buckets), None, feature.transform.hash.buckets)
    return Meaning(_crossed(feature), None, columns.bucket_count(feature) + 1)


def _crossed(feature: Feature) -> Any:
    """What a cross hashes: a string as it is, a number's bucket."""
    if feature.kind != "numeric":
        return "string"
    if feature.transform.buckets:
        return ("boundaries", feature.transform.buckets.boundaries)
    # The i-th of n quantiles is the same standing among all, wherever its boundaries have moved to.
    return ("quantiles", columns.bucket_count(feature))


@dataclass(frozen=True)
class Match:
    """Rows of a column that two trainings share: int64 [n] each, in the new and in the old column."""

    new: np.ndarray
    old: np.ndarray


def match(new: Meaning, old: Meaning) -> Match:
    """The rows that mean the same: vocabulary strings by string, buckets by number where their rule is the same."""
    if new.kind != old.kind:
        return Match(np.zeros(0, np.int64), np.zeros(0, np.int64))
    before = {string: row for row, string in enumerate(old.strings or ())}
    pairs = [(row, before[string]) for row, string in enumerate(new.strings or ()) if string in before]
    if new.buckets == old.buckets:
        # After the strings come the out-of-vocabulary buckets; elsewhere there are buckets only.
        first = len(new.strings or ()), len(old.strings or ())
        pairs += [(first[0] + bucket, first[1] + bucket) for bucket in range(new.buckets)]
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return Match(found[:, 0], found[:, 1])
