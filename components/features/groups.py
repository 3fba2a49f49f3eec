"""What features.yaml may leave unwritten: declarations that several features share, and defaults of a kind.

`written_out` writes them out, feature by feature, and what comes of it is a plain declaration: nothing that is made of
it can tell how it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, get_args

from pydantic import Field, create_model, model_validator

from widedeep.components.common.settings import Strict, parse
from widedeep.components.features.key_patterns import Keys
from widedeep.components.features.names import Column, Key
from widedeep.components.features.spec import Feature, FeatureSpec, Kind

Yaml = dict[str, Any]
# What every feature has of its own.
_OWN = ("key", "column", "kind")
# So many keys of a list stand in an error.
_NAMED = 3


def _fields(*left_out: str) -> dict[str, Any]:
    """The fields of a feature, none of them needed: what is needed may stand in the defaults."""
    fields: dict[str, Any] = {}
    for name, field in Feature.model_fields.items():
        kind: Any = field.annotation
        if name not in left_out:
            optional = (kind | None, Field(None, description=field.description))
            fields[name] = optional if field.is_required() else (kind, field)
    return fields


class _Entry(Strict):
    """One raw column, or several alike, and its roles. What is missing here stands in the defaults of its kind."""

    key: Key | None = Field(None, description="its name, and that of the column where `column` is not set")
    keys: Keys | None = Field(
        None,
        description='in place of `key`, the names of several features alike: a list, a pattern as "C[1-26]", or both',
    )
    column: Column | None = Field(None, description="name of the column in the data, where it is not the key")
    kind: Kind = Field(description=Feature.model_fields["kind"].description)

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.key is None) == (self.keys is None):
            raise ValueError("a feature has a key, and several alike have keys in its place: give one of them")
        if self.keys is not None and self.column is not None:
            raise ValueError("'column' names one column, and 'keys' several: features of other columns stand singly")
        return self


Entry = create_model("Entry", __base__=_Entry, __doc__=_Entry.__doc__, **_fields(*_OWN))
Shared = create_model(
    "Shared",
    __base__=Strict,
    __doc__="What features of the kind have where they don't say otherwise: a key of their own replaces the default.",
    **_fields(*_OWN),
)
_KINDS: dict[str, Any] = {
    kind: (Shared | None, Field(None, description=f"of {kind} features")) for kind in get_args(Kind)
}
Defaults = create_model(
    "Defaults", __base__=Strict, __doc__="What the features of each kind have where they don't say otherwise.", **_KINDS
)
_WHOLE: dict[str, Any] = {name: (field.annotation, field) for name, field in FeatureSpec.model_fields.items()}
_NEW: dict[str, Any] = {
    "defaults": (Defaults | None, Field(None, description="what features need not repeat, by their kind")),
    "features": (tuple[Entry, ...], FeatureSpec.model_fields["features"]),
}
_ORDER = ("label", "weight", "weight_column", "defaults", "features", "crosses")
FeaturesFile = create_model(
    "FeaturesFile",
    __base__=Strict,
    __doc__="A whole features.yaml.",
    **{name: (_WHOLE | _NEW)[name] for name in _ORDER},
)


def declaration(written: Yaml, where: str) -> FeatureSpec:
    """The declaration that a features.yaml stands for.

    Args:
        written: what it holds.
        where: its path, for messages.

    Raises:
        ConfigError: names `where`, the key as it is written there, what is wrong or allowed, and the value.
    """
    entries = written.get("features")
    named = [_named(entry) for entry in entries] if isinstance(entries, list) else entries
    file: Any = parse(FeaturesFile, written, where, {**written, "features": named})
    defaults = written.get("defaults") or {}
    plain: list[Yaml] = []
    names: list[Yaml] = []
    for entry, name, checked in zip(written["features"], named or (), file.features, strict=True):
        whole = {**(defaults.get(entry["kind"]) or {}), **entry}
        whole.pop("keys", None)
        for key in checked.keys or (checked.key,):
            plain.append({**whole, "key": key})
            # What is wrong with a group is told once.
            names.append({**whole, "key": name["key"]})
    rest = {key: value for key, value in written.items() if key != "defaults"}
    return parse(FeatureSpec, {**rest, "features": plain}, where, {**rest, "features": names})


def _named(entry: object) -> Any:
    """An entry with the key by which an error calls it."""
    if not isinstance(entry, Mapping) or "key" in entry or not entry.get("keys"):
        return entry
    keys = entry["keys"] if isinstance(entry["keys"], list) else [entry["keys"]]
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return {**entry, "key": ", ".join(map(str, keys[:_NAMED])) + more}
