"""How the values of a feature become ids or numbers, as features.yaml declares it."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from widedeep.components.common.settings import Strict
from widedeep.components.features.names import Key

# Rows of the model's tables are numbered in 32 bits: it halves what the ids of the data take in memory.
MOST_IDS = 2**31 - 1
STRINGS = {"vocabulary", "hash"}
# A number of buckets that is found, and its bounds, powers of two.
AUTO: Literal["auto"] = "auto"
AUTO_LEAST, AUTO_MOST = 1 << 6, 1 << 24
BucketCount = Annotated[int, Field(ge=2, le=MOST_IDS)] | Literal["auto"]
NUMBERS = {"quantile_cdf", "z_score", "log"}


def known_ids(buckets: BucketCount) -> int:
    """Ids; the least there may be, as long as they are to be found."""
    return AUTO_LEAST if buckets == AUTO else buckets


def hashed_ids(buckets: BucketCount) -> int:
    """Ids that Transform makes: the model cuts them where their number is found."""
    return AUTO_MOST if buckets == AUTO else buckets


class Vocabulary(Strict):
    """Strings seen often enough get an id of their own; the rest share the out-of-vocabulary buckets."""

    min_count: int = Field(1, ge=1, description="rarer strings are out of vocabulary")
    max_size: int | None = Field(None, ge=1, description="keep the most frequent ones only")
    oov_buckets: int = Field(1, ge=1, description="hash buckets for all other strings")
    of: Key | None = Field(None, description="use another feature's vocabulary (its ids are the same)")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.of is not None and self.model_fields_set != {"of"}:
            raise ValueError("'of' takes the other vocabulary whole: leave the other keys out")
        return self


class Hash(Strict):
    """Strings go to hash buckets; nothing is learned from the data, but the number of buckets where it is `auto`."""

    buckets: BucketCount = Field(
        description="ids that the strings are hashed to; auto: twice as many as train has different strings, or more"
    )

    @property
    def size(self) -> int:
        """See `known_ids`."""
        return known_ids(self.buckets)

    @property
    def hashed_to(self) -> int:
        """See `hashed_ids`."""
        return hashed_ids(self.buckets)


class QuantileCdf(Strict):
    """Value in the i-th of n quantiles becomes (i-1)/(n-1) (Cheng et al. 2016, section 4.2)."""

    quantiles: int = Field(ge=2, le=1000, description="n: of about equally many training rows each")


class ZScore(Strict):
    """(value - mean) / standard deviation."""


class Log(Strict):
    """sign(value) * log(1 + |value|), then the z-score."""


class Buckets(Strict):
    """Bucket i holds boundaries[i-1] <= value < boundaries[i]."""

    boundaries: tuple[float, ...] = Field(min_length=1, description="rising")

    @field_validator("boundaries")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(a >= b for a, b in itertools.pairwise(value)):
            raise ValueError("boundaries must rise")
        return value


class Transform(Strict):
    """How the values of one feature become ids or numbers."""

    vocabulary: Vocabulary | None = Field(None, description="of strings: learned from the train split")
    hash: Hash | None = Field(None, description="of strings: nothing is learned")
    quantile_cdf: QuantileCdf | None = Field(
        None,
        description="of numbers: for the deep part; its quantiles serve as buckets, too, where `buckets` is not set",
    )
    z_score: ZScore | None = Field(None, description="of numbers: for the deep part")
    log: Log | None = Field(None, description="of numbers: for the deep part; for those that range over powers of ten")
    buckets: Buckets | None = Field(None, description="of numbers: ids for the wide part, crosses and embeddings")

    @property
    def names(self) -> set[str]:
        """Names of the transforms that are set."""
        return {name for name in type(self).model_fields if getattr(self, name) is not None}

    @property
    def has_buckets(self) -> bool:
        """Whether a number has bucket ids: its buckets, else its quantiles."""
        return bool(self.buckets or self.quantile_cdf)

    @property
    def learns(self) -> bool:
        """Whether something is learned from the values of the train split: a vocabulary, quantiles, moments."""
        own_vocabulary = self.vocabulary is not None and self.vocabulary.of is None
        return own_vocabulary or bool(self.names & NUMBERS)


def check_number(transform: Transform, ids: bool, value: bool) -> None:
    """Checks the transforms of a numeric feature.

    Args:
        transform: the feature's.
        ids: whether the model reads its bucket ids.
        value: whether the model reads its scaled value.

    Raises:
        ValueError: they make no such, or are those of strings.
    """
    names = transform.names
    if not names or names & STRINGS or len(names & NUMBERS) > 1:
        raise ValueError("a numeric feature has one of quantile_cdf, z_score, log; or buckets, beside or alone")
    if ids and not transform.has_buckets:
        raise ValueError("wide, or an embedding, of a numeric feature needs its buckets or quantile_cdf")
    if value and not names & NUMBERS:
        raise ValueError("deep: {} of a numeric feature needs quantile_cdf, z_score or log")
