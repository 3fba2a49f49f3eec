"""What a person declares in features.yaml: the only place where a feature is named.

The ingestion's column types, the schema, the preprocessing function, the model's inputs and crosses, the
evaluation's slices and the serving signatures all derive from a `FeatureSpec`.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from widedeep.components.common.settings import Strict, nearest
from widedeep.components.features.label import Label
from widedeep.components.features.names import Column, Key, WeightKey
from widedeep.components.features.transforms import MOST_IDS, STRINGS, Transform, check_number

__all__ = ["TOP_K", "TRANSFORMED", "Cross", "Deep", "Feature", "FeatureSpec", "Kind", "Label"]

# An input of the signature `rank`, beside one for each feature.
TOP_K = "top_k"
# The columns that Transform writes beside the label and the weight: the ids of features, the ids of crosses, and the
# numbers of the deep part.
TRANSFORMED = ("ids", "crosses", "dense")
Kind = Literal["categorical", "numeric", "set"]
Distance = Annotated[float, Field(gt=0, le=1)]


class Deep(Strict):
    """The feature's part in the deep model."""

    embedding: int | None = Field(None, ge=1, le=4096, description="dimensions of the embedding")
    pooling: Literal["mean", "sum"] = Field("mean", description="of the embeddings of a set's members")


class Feature(Strict):
    """One raw column and its roles."""

    key: Key = Field(description="its name, and that of the column where `column` is not set")
    column: Column | None = Field(None, description="name of the column in the data, where it is not the key")
    kind: Kind = Field(description="a string, a number, or a set of strings")
    transform: Transform = Field(description="how its values become ids or numbers")
    side: Literal["context", "candidate"] = Field(
        description="what a ranking request sends once (user and context), or once a candidate"
    )
    required: bool = Field(False, description="a missing value is an anomaly")
    bits: Literal[32, 64] = Field(32, description="of a number: 64 keep apart what 32 can't, as times in milliseconds")
    separator: str = Field("|", min_length=1, max_length=1, description="between the members of a set in CSV")
    wide: bool = Field(False, description="its ids have weights of their own in the wide part")
    deep: Deep | None = Field(None, description="its part in the deep model: `{embedding: 32}`, or `{}` for a number")
    slice: bool = Field(False, description="the evaluation also reports each of its values")
    drift: Distance | None = Field(None, description="largest distance between spans")
    skew: Distance | None = Field(None, description="largest distance between training and serving data")

    @property
    def rest(self) -> str | None:
        """What a tf.Example calls the rest of a 64-bit number, beside the number in 32 bits; None of other features."""
        return f"{self.key}_rest" if self.bits == 64 else None

    @property
    def has_buckets(self) -> bool:
        """Whether a numeric has bucket ids (its buckets, else its quantiles), as wide, crosses and embeddings need."""
        return self.transform.has_buckets

    @model_validator(mode="after")
    def _fits(self) -> Self:
        transforms = self.transform.names
        if self.kind == "numeric":
            embedded = bool(self.deep and self.deep.embedding)
            check_number(self.transform, ids=self.wide or embedded, value=self.deep is not None and not embedded)
        elif self.bits == 64:
            raise ValueError(f"bits are those of a number, and this one is {self.kind}: text is kept as it is")
        elif len(transforms) != 1 or not transforms <= STRINGS:
            raise ValueError(f"a {self.kind} feature has one transform, vocabulary or hash")
        elif self.deep and not self.deep.embedding:
            raise ValueError(f"a {self.kind} feature enters the deep model as an embedding: deep: {{embedding: 16}}")
        if self.slice and self.kind != "categorical":
            raise ValueError(f"slices are made of categorical features, this one is {self.kind}")
        return self


class Cross(Strict):
    """AND of 2 to 4 features, hashed into buckets; of sets, every combination of members."""

    keys: tuple[Key, ...] = Field(min_length=2, max_length=4, description="the features that are crossed")
    buckets: int = Field(ge=2, le=MOST_IDS, description="ids that the combinations are hashed to")

    @property
    def name(self) -> str:
        """Name of the cross and of its transformed column."""
        return "_x_".join(self.keys)

    @field_validator("keys")
    @classmethod
    def _different(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        twice = [key for key, count in Counter(keys).items() if count > 1]
        if twice:
            raise ValueError(f"'{twice[0]}' is crossed with itself")
        return keys


class FeatureSpec(Strict):
    """A whole features.yaml."""

    label: Label = Field(description="what the model predicts")
    weight: WeightKey | None = Field(None, description="example weights: their name, and that of their column")
    weight_column: Column | None = Field(None, description="name of their column in the data, where it is another")
    features: tuple[Feature, ...] = Field(min_length=1, description="the raw columns")
    crosses: tuple[Cross, ...] = Field((), description="combinations of features that the wide part has weights for")

    @cached_property
    def by_key(self) -> dict[str, Feature]:
        """The features by their key."""
        return {feature.key: feature for feature in self.features}

    @cached_property
    def columns(self) -> dict[str, str]:
        """The column of the raw data that each key of a feature, the label and the weight stands for."""
        columns = {feature.key: feature.column or feature.key for feature in self.features}
        columns[self.label.key] = self.label.column or self.label.key
        return columns | ({self.weight: self.weight_column or self.weight} if self.weight else {})

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if TOP_K in self.by_key:
            raise ValueError(f"'{TOP_K}' is what a ranking request calls the number of candidates that it wants back")
        for key in (self.label.key, self.weight):
            if key in TRANSFORMED:
                raise ValueError(
                    f"'{key}' is what Transform calls a column of its own: name the label or weight otherwise"
                )
        keys = [feature.key for feature in self.features] + [self.label.key]
        keys += [feature.rest for feature in self.features if feature.rest]
        keys += [self.weight] if self.weight else []
        names = keys + [cross.name for cross in self.crosses]
        for name, count in Counter(names).items():
            if count > 1:
                raise ValueError(f"'{name}' is declared {count} times")
        self._columns_fit()
        for cross in self.crosses:
            self._cross_fits(cross)
        for feature in self.features:
            self._vocabulary_fits(feature)
        if not self.crosses and not any(feature.wide or feature.deep for feature in self.features):
            raise ValueError("no feature is wide or deep, and there is no cross: the model would have no input")
        return self

    def _columns_fit(self) -> None:
        if self.weight_column and not self.weight:
            raise ValueError("weight_column names the column of 'weight', which is not set")
        of_label = self.columns[self.label.key]
        for feature in self.features:
            if self.columns[feature.key] == of_label:
                raise ValueError(f"{feature.key}: its column '{of_label}' is the label's: the label would be its input")

    def _cross_fits(self, cross: Cross) -> None:
        alike = cross.name.removesuffix("_id")
        if alike != cross.name and alike in self.by_key:
            raise ValueError(
                f"cross {cross.name}: the ids of '{alike}' are called so, too: give that feature another key"
            )
        for key in cross.keys:
            if key not in self.by_key:
                raise ValueError(f"cross {cross.name}: unknown feature '{key}': {nearest(key, self.by_key)}")
            feature = self.by_key[key]
            if feature.kind == "numeric" and not feature.has_buckets:
                raise ValueError(f"cross {cross.name}: numeric '{key}' needs buckets or quantile_cdf to be crossed")

    def _vocabulary_fits(self, feature: Feature) -> None:
        vocabulary = feature.transform.vocabulary
        if vocabulary is None or vocabulary.of is None:
            return
        owner = self.by_key.get(vocabulary.of)
        if owner is None:
            raise ValueError(f"{feature.key}: vocabulary of '{vocabulary.of}': {nearest(vocabulary.of, self.by_key)}")
        if owner.transform.vocabulary is None or owner.transform.vocabulary.of:
            raise ValueError(f"{feature.key}: '{vocabulary.of}' has no vocabulary of its own to share")
