"""What weights stand for: equal meanings in two trainings may share their weights.

An id column's rows have a meaning each, and so have the inputs of the first hidden layer.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from widedeep.components.features.spec import Feature, FeatureSpec
from widedeep.components.features.transforms import NUMBERS
from widedeep.components.trainer.model.layout import Pooling
from widedeep.components.trainer.training.state import Training, Vocabularies
from widedeep.components.transform import packed_columns

# Of a number that enters the hidden layers, beside its value.
MISSING = "missing"


@dataclass(frozen=True)
class Meaning:
    """An id column's rows: `strings` in a vocabulary's order (None where it has none), then `buckets`.

    `kind` is the rule that puts a value into a bucket; buckets of unlike kinds have nothing in common.
    """

    kind: Hashable
    strings: tuple[bytes, ...] | None
    buckets: int


def meaning(training: Training, column: packed_columns.IdColumn) -> Meaning:
    """What the column's rows stand for in a training."""
    if column.feature is not None:
        return _of_feature(training.spec, column.feature, training.vocabularies)
    [cross] = [cross for cross in training.spec.crosses if cross.name == column.name]
    members = tuple(_hashed_value(training.spec.inputs[key]) for key in cross.keys)
    return Meaning((cross.keys, cross.size, members), None, cross.size)


def _of_feature(spec: FeatureSpec, feature: Feature, vocabularies: Vocabularies) -> Meaning:
    vocabulary = feature.transform.vocabulary
    if vocabulary:
        owner = spec.by_key[vocabulary.of].transform.vocabulary if vocabulary.of else vocabulary
        assert owner is not None
        return Meaning("vocabulary", tuple(vocabularies[packed_columns.vocabulary(feature)]), owner.oov_buckets)
    if feature.transform.hash:
        return Meaning(("hash", feature.transform.hash.size), None, feature.transform.hash.size)
    return Meaning(_hashed_value(feature), None, packed_columns.bucket_count(feature) + 1)


def _hashed_value(feature: Feature) -> Hashable:
    """What a cross hashes: a string as it is, a number's bucket."""
    if feature.kind != "numeric":
        return "string"
    if feature.transform.buckets:
        return ("boundaries", feature.transform.buckets.boundaries)
    # The i-th of n quantiles is the same standing among all, wherever its boundaries have moved to.
    return ("quantiles", packed_columns.bucket_count(feature))


@dataclass(frozen=True)
class Match:
    """Rows that two trainings share: int64 [n] each, in the new and in the old."""

    new: np.ndarray
    old: np.ndarray


def match(new: Meaning, old: Meaning) -> Match:
    """The rows that mean the same: vocabulary strings by string, buckets by number where their rule is the same."""
    if new.kind != old.kind:
        return equal_places([], [])
    ours, theirs = new.strings or (), old.strings or ()
    strings = equal_places(ours, theirs)
    # A cross has millions of buckets: no Python object for each.
    buckets = np.arange(new.buckets if new.buckets == old.buckets else 0)
    # After the strings come the out-of-vocabulary buckets; elsewhere there are buckets only.
    return Match(
        np.concatenate([strings.new, len(ours) + buckets]), np.concatenate([strings.old, len(theirs) + buckets])
    )


@dataclass(frozen=True)
class Unit:
    """An input of the first hidden layer.

    Attributes:
        name: the id column or, of a number, the feature.
        what: of an embedding its width and pooling; of a number its transform, or that it is the missing flag.
        dimension: of an embedding.
    """

    name: str
    what: tuple[int, Pooling] | str
    dimension: int = 0


def units(training: Training) -> list[Unit]:
    """The inputs of the first hidden layer, in order."""
    layout = training.layout
    inputs = [
        Unit(slot.column, (table.width, table.pooling), dimension)
        for table in layout.embeddings
        for slot in table.slots
        for dimension in range(table.width)
    ]
    if layout.dense:
        for feature in filter(packed_columns.needs_value, training.spec.inputs.values()):
            # Quantiles and moments of other data are the same standing among all.
            [scale] = feature.transform.names & NUMBERS
            inputs += [Unit(feature.key, scale), Unit(feature.key, MISSING)]
    assert len(inputs) == layout.deep_width
    return inputs


def match_units(new: list[Unit], old: list[Unit]) -> Match:
    """The inputs that mean the same."""
    return equal_places(new, old)


def equal_places(new: Sequence[Hashable], old: Sequence[Hashable]) -> Match:
    """The places of what is in both; in each, everything is there once."""
    before = {item: place for place, item in enumerate(old)}
    places = [(place, before[item]) for place, item in enumerate(new) if item in before]
    pairs = np.array(places, np.int64).reshape(-1, 2)
    return Match(pairs[:, 0], pairs[:, 1])
