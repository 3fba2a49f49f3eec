"""What a person declares in features.yaml: the only place where a feature is named.

The ingestion's column types, the schema, the preprocessing function, the model's inputs and crosses, the
evaluation's slices and the serving signatures all derive from a `FeatureSpec`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from widedeep.components.common.settings import Strict, nearest
from widedeep.components.features.feature import Feature, Kind
from widedeep.components.features.label import Label
from widedeep.components.features.names import Column, Key, WeightKey
from widedeep.components.features.roles import Deep
from widedeep.components.features.time_parts import TimePart
from widedeep.components.features.transforms import BucketCount, hashed_ids, known_ids

__all__ = ["TOP_K", "TRANSFORMED", "Cross", "Deep", "Feature", "FeatureSpec", "Kind", "Label", "TimePart"]

# An input of the signature `rank`, beside one for each feature.
TOP_K = "top_k"
# The columns that Transform writes beside the label and the weight: the ids of features, the ids of crosses, and the
# numbers of the deep part.
TRANSFORMED = ("ids", "crosses", "dense")


class Cross(Strict):
    """AND of 2 to 4 features, hashed into buckets; of sets, every combination of members."""

    keys: tuple[Key, ...] = Field(min_length=2, max_length=4, description="the features that are crossed")
    buckets: BucketCount = Field(
        description="ids that the combinations are hashed to; auto: twice as many as train has of them, or more"
    )

    @property
    def size(self) -> int:
        """See `known_ids`."""
        return known_ids(self.buckets)

    @property
    def hashed_to(self) -> int:
        """See `hashed_ids`."""
        return hashed_ids(self.buckets)

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

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, which works out by itself what follows from its features."""
        made = super().model_copy(update=update, deep=deep)
        for name in type(self).__dict__:
            if isinstance(type(self).__dict__[name], cached_property):
                made.__dict__.pop(name, None)
        return made

    @cached_property
    def by_key(self) -> dict[str, Feature]:
        """The features by their key."""
        return {feature.key: feature for feature in self.features}

    @cached_property
    def parts(self) -> dict[str, tuple[Feature, str, TimePart]]:
        """The parts of all times by their keys: the time, the part's name, and what is declared of it."""
        return {
            f"{time.key}_{name}": (time, name, part)
            for time in self.features
            if time.kind == "time"
            for name, part in time.parts.items()
        }

    @cached_property
    def inputs(self) -> dict[str, Feature]:
        """What the model may read, by key: the features, and in place of a time its parts, which are numbers."""
        inputs: dict[str, Feature] = {}
        for feature in self.features:
            if feature.kind != "time":
                inputs[feature.key] = feature
            for name in feature.parts:
                inputs[f"{feature.key}_{name}"] = feature.part(name, self.by_key)
        return inputs

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
        names = [*keys, *self.parts, *(cross.name for cross in self.crosses)]
        for name, count in Counter(names).items():
            if count > 1:
                raise ValueError(f"'{name}' is declared {count} times")
        self._columns_fit()
        self._times_fit()
        for cross in self.crosses:
            self._cross_fits(cross)
        for feature in self.features:
            self._vocabulary_fits(feature)
        if not self.crosses and not any(each.wide or each.deep for each in self.inputs.values()):
            raise ValueError("no feature is wide or deep, and there is no cross: the model would have no input")
        return self

    def _columns_fit(self) -> None:
        if self.weight_column and not self.weight:
            raise ValueError("weight_column names the column of 'weight', which is not set")
        of_label = self.columns[self.label.key]
        for feature in self.features:
            if self.columns[feature.key] == of_label:
                raise ValueError(f"{feature.key}: its column '{of_label}' is the label's: the label would be its input")

    def _times_fit(self) -> None:
        times = {feature.key for feature in self.features if feature.kind == "time"}
        since = {part.since for _, _, part in self.parts.values() if part.since}
        for key, (time, _, part) in self.parts.items():
            if part.since == time.key or (part.since and part.since not in times):
                others = nearest(part.since, times - {time.key})
                raise ValueError(f"{key}: since '{part.since}', which is no other time: {others}")
        for feature in self.features:
            if feature.kind == "time" and not feature.parts and feature.key not in since:
                raise ValueError(
                    f"{feature.key}: a time has parts, as parts: [hour, weekday], or is the `since` of one"
                )

    def _cross_fits(self, cross: Cross) -> None:
        alike = cross.name.removesuffix("_id")
        if alike != cross.name and alike in self.inputs:
            raise ValueError(
                f"cross {cross.name}: the ids of '{alike}' are called so, too: give that feature another key"
            )
        for key in cross.keys:
            if key in self.by_key and key not in self.inputs:
                parts = ", ".join(f"{key}_{part}" for part in self.by_key[key].parts)
                raise ValueError(f"cross {cross.name}: '{key}' is a time: cross its parts: {parts}")
            if key not in self.inputs:
                raise ValueError(f"cross {cross.name}: unknown feature '{key}': {nearest(key, self.inputs)}")
            feature = self.inputs[key]
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
