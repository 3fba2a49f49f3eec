"""A feature, as a person declares it in features.yaml: one raw column and its roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from widedeep.components.common.settings import Strict
from widedeep.components.features.names import Column, Key
from widedeep.components.features.roles import Deep
from widedeep.components.features.time_parts import CALENDAR, Parts, Unit, Zone
from widedeep.components.features.transforms import STRINGS, Transform, check_number

Kind = Literal["categorical", "numeric", "set", "time"]
Distance = Annotated[float, Field(gt=0, le=1)]


class Feature(Strict):
    """One raw column and its roles."""

    key: Key = Field(description="its name, and that of the column where `column` is not set")
    column: Column | None = Field(None, description="name of the column in the data, where it is not the key")
    kind: Kind = Field(description="a string, a number, a set of strings, or a time")
    transform: Transform = Field(Transform(), description="how its values become ids or numbers")
    side: Literal["context", "candidate"] = Field(
        description="what a ranking request sends once (user and context), or once a candidate"
    )
    required: bool = Field(False, description="a missing value is an anomaly")
    bits: Literal[32, 64] = Field(32, description="of a number: 64 keep apart what 32 can't, as times in milliseconds")
    unit: Unit = Field(
        "s",
        description="of a time's numbers since 1970, in the data and in requests; yyyymmdd and the like: the data has "
        "20240229, and requests have seconds",
    )
    zone: Zone | None = Field(
        None, description="of a time: where its clock and calendar are, as Europe/Berlin; null: UTC"
    )
    parts: Parts = Field(
        {}, description="of a time: what the model sees of it, as [hour, weekday], or each with its roles"
    )
    separator: str = Field("|", min_length=1, max_length=1, description="between the members of a set in CSV")
    wide: bool = Field(False, description="its ids have weights of their own in the wide part")
    deep: Deep | None = Field(None, description="its part in the deep model: `{embedding: 32}`, or `{}` for a number")
    slice: bool = Field(False, description="the evaluation also reports each of its values")
    drift: Distance | None = Field(None, description="largest distance between spans")
    skew: Distance | None = Field(None, description="largest distance between training and serving data")

    @property
    def rest(self) -> str | None:
        """What a tf.Example calls the rest of a 64-bit number, beside the number in 32 bits; None of other features."""
        return f"{self.key}_rest" if self.bits == 64 or self.kind == "time" else None

    @property
    def is_number(self) -> bool:
        """Whether examples hold numbers of it: a time is one, too."""
        return self.kind in ("numeric", "time")

    def part(self, name: str, features: Mapping[str, Feature]) -> Feature:
        """A part of a time, as a numeric feature: of a request's own side where all that it is made of is so.

        Args:
            name: of the part.
            features: all, by key.
        """
        part = self.parts[name]
        calendar = part.since is None
        other = features.get(part.since or "")
        return Feature(
            key=f"{self.key}_{name}",
            kind="numeric",
            transform=part.transform or CALENDAR.get(name, Transform()),
            side="candidate" if other is not None and other.side == "candidate" else self.side,
            wide=(self.wide if part.wide is None and calendar else part.wide) or False,
            deep=self.deep if part.deep is None and calendar else part.deep,
        )

    @property
    def has_buckets(self) -> bool:
        """Whether a numeric has bucket ids (its buckets, else its quantiles), as wide, crosses and embeddings need."""
        return self.transform.has_buckets

    @model_validator(mode="after")
    def _fits(self) -> Self:
        transforms = self.transform.names
        if self.kind == "time":
            self._time_fits()
            return self
        # Defaults may stand in a declaration that was written out.
        fields = type(self).model_fields
        declared = {name for name in ("unit", "zone", "parts") if getattr(self, name) != fields[name].default}
        if declared:
            raise ValueError(f"'{min(declared)}' is that of a time, and this feature is {self.kind}")
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

    def _time_fits(self) -> None:
        for name in ("transform", "bits", "slice", "drift", "skew"):
            if name in self.model_fields_set:
                raise ValueError(f"a time has no '{name}': its parts have transforms, and it is kept as it is")
        for name, part in self.parts.items():
            transform = part.transform or CALENDAR.get(name, Transform())
            wide, deep = part.wide, part.deep
            if part.since is None:
                wide, deep = self.wide if wide is None else wide, deep or self.deep
            embedded = bool(deep and deep.embedding)
            try:
                check_number(transform, ids=bool(wide) or embedded, value=deep is not None and not embedded)
            except ValueError as error:
                raise ValueError(f"its part '{name}': {error}") from None
