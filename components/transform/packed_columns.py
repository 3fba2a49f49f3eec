"""The names and meaning of the transformed columns, which Transform writes and the Trainer reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from widedeep.components.features.spec import TRANSFORMED, Deep, Feature, FeatureSpec

# All ids of an example stand in two columns, those of its features and those of its crosses, each with the number of
# the id column that it belongs to in its upper half: one list is written, read and gathered several times faster than
# a column a feature. Crosses are apart, since a deep model and a ranking request do without them.
# DENSE has all dense inputs of the deep part: a scaled value and a missing flag for each numeric.
IDS, CROSSES, DENSE = TRANSFORMED
ID_BITS = 32


def ids(feature: Feature) -> str:
    """Id column of a feature: its vocabulary ids, hash buckets, or a numeric's bucket."""
    return f"{feature.key}_id"


def value(feature: Feature) -> str:
    """Dense column of a numeric's scaled value; 0 where it is missing."""
    return f"{feature.key}_value"


def missing(feature: Feature) -> str:
    """Dense column that is 1 where a numeric is missing, else 0."""
    return f"{feature.key}_missing"


def vocabulary(feature: Feature) -> str:
    """Name of the vocabulary file that a feature's ids come from."""
    assert feature.transform.vocabulary is not None
    return f"{feature.transform.vocabulary.of or feature.key}_vocabulary"


@dataclass(frozen=True)
class IdColumn:
    """A column of ids in 0..size-1, and its roles.

    `feature` is None for a cross, `pooling` that of its embedding; `has_sets` says whether a row can have many of its
    ids; `cut`, whether Transform makes them of more buckets, a power of two, as `size` then is one.
    """

    name: str
    feature: Feature | None
    size: int
    wide: bool
    embedding: int | None
    pooling: Literal["mean", "sum"]
    has_sets: bool
    cut: bool = False


def id_columns(spec: FeatureSpec, vocabulary_sizes: dict[str, int], cut: Collection[str] = ()) -> Iterator[IdColumn]:
    """Every column of ids, in the declaration's order, the crosses last.

    Args:
        spec: the declaration.
        vocabulary_sizes: strings in each vocabulary by its name, out-of-vocabulary buckets not counted.
        cut: names of the columns whose ids Transform makes of more buckets, see auto_buckets.py.
    """
    for feature in spec.inputs.values():
        if needs_ids(spec, feature):
            size = _size(spec, feature, vocabulary_sizes)
            deep = feature.deep or Deep()
            yield IdColumn(
                ids(feature),
                feature,
                size,
                feature.wide,
                deep.embedding,
                deep.pooling,
                feature.kind == "set",
                ids(feature) in cut,
            )
    for cross in spec.crosses:
        has_sets = any(spec.inputs[key].kind == "set" for key in cross.keys)
        yield IdColumn(cross.name, None, cross.size, True, None, "mean", has_sets, cross.name in cut)


def dense_columns(spec: FeatureSpec) -> list[str]:
    """Names of the parts of the column DENSE, in order."""
    return [name(feature) for feature in spec.inputs.values() if needs_value(feature) for name in (value, missing)]


def needs_ids(spec: FeatureSpec, feature: Feature) -> bool:
    """Whether there is a column of this feature's ids: the model reads them, or a ranking request crosses them.

    Of strings a cross takes the values, but of a number its bucket, which Transform alone can tell.
    """
    crossed = feature.kind == "numeric" and any(feature.key in cross.keys for cross in spec.crosses)
    return feature.wide or crossed or bool(feature.deep and feature.deep.embedding)


def needs_value(feature: Feature) -> bool:
    """Whether the deep model reads the numeric value."""
    return feature.kind == "numeric" and feature.deep is not None and feature.deep.embedding is None


def _size(spec: FeatureSpec, feature: Feature, vocabulary_sizes: dict[str, int]) -> int:
    transform = feature.transform
    if transform.hash:
        return transform.hash.size
    if transform.vocabulary:
        owner = spec.by_key[transform.vocabulary.of] if transform.vocabulary.of else feature
        assert owner.transform.vocabulary is not None
        return vocabulary_sizes[vocabulary(feature)] + owner.transform.vocabulary.oov_buckets
    # One bucket more for missing values.
    return bucket_count(feature) + 1


def bucket_count(feature: Feature) -> int:
    """Number of buckets of a bucketised numeric, missing values not counted."""
    if feature.transform.buckets:
        return len(feature.transform.buckets.boundaries) + 1
    assert feature.transform.quantile_cdf is not None
    return feature.transform.quantile_cdf.quantiles
