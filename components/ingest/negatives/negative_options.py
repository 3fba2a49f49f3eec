"""What a person declares of the negatives that are drawn."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import Strict, nearest
from widedeep.components.features.names import Key
from widedeep.components.features.spec import Feature, FeatureSpec


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Keys = Annotated[
    tuple[Key, ...], Field(min_length=1), BeforeValidator(_listed, json_schema_input_type=Key | list[Key])
]


class NegativeOptions(Strict):
    """Rows of label 0 that are drawn for each row of label 1: its context, with another candidate."""

    model_config = ConfigDict(serialize_by_alias=True)

    per_positive: Annotated[int, Field(ge=1, le=100)] = Field(description="rows of label 0 for each row of label 1")
    keys: _Keys | None = Field(
        None,
        alias="from",
        description="candidate features that tell one candidate from another; null: those that are `required`, or else "
        "all. The others go with them",
    )
    never: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="a column, declared or not, that says who a row is of: none of their own candidates is drawn for "
        "them",
    )
    popularity: float = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="a candidate of n rows is drawn in proportion to n to this power: 0 draws all alike, 1 as often as "
        "they occur",
    )

    def keys_of(self, spec: FeatureSpec) -> tuple[str, ...]:
        """The features that tell one candidate from another."""
        candidates = _candidates(spec)
        required = tuple(feature.key for feature in candidates if feature.required)
        return self.keys or required or tuple(feature.key for feature in candidates)


def candidate_columns(spec: FeatureSpec) -> list[str]:
    """What an example has of a candidate: its features, and the rests of their numbers."""
    return [name for feature in _candidates(spec) for name in (feature.key, feature.rest) if name]


def check_negatives(options: NegativeOptions | None, spec: FeatureSpec) -> None:
    """Checks `data.negatives` against the features.

    Raises:
        ConfigError: the label is not binary, or there is no such candidate feature.
    """
    if options is None:
        return
    if spec.label.kind != "binary":
        raise ConfigError(f"data.negatives draws rows of label 0, and the label '{spec.label.key}' is no binary one.")
    known = [feature.key for feature in _candidates(spec)]
    if not known:
        raise ConfigError("data.negatives draws candidates, and no feature is of `side: candidate`: say which are.")
    for key in options.keys or ():
        if key not in known:
            raise ConfigError(f"data.negatives.from: '{key}' is no candidate feature: {nearest(key, known)}")


def _candidates(spec: FeatureSpec) -> list[Feature]:
    return [feature for feature in spec.features if feature.side == "candidate"]
