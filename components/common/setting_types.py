"""What kind of value a setting takes, by its type."""

from __future__ import annotations

from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def kinds(annotation: Any) -> set[Any]:
    """The types that an annotation allows, but for None."""
    if get_origin(annotation) is Annotated:
        return kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return {kind for part in get_args(annotation) for kind in kinds(part)}
    return {annotation} - {type(None)}


def takes_text(model: type[BaseModel], keys: Sequence[str]) -> bool:
    """Whether a setting is a text, and nothing else but null.

    Args:
        model: the settings.
        keys: of groups in groups, and of the setting in the last of them.
    """
    annotation: Any = model
    for key in keys:
        inside = [inner for kind in kinds(annotation) if (inner := _inside(kind, key)) is not None]
        if not inside:
            return False
        annotation = inside[0]
    return kinds(annotation) == {str}


def _inside(kind: Any, key: str) -> Any:
    """The annotation of a key of a group or a mapping; None where there is none."""
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return None
    return next((field.annotation for name, field in kind.model_fields.items() if key == (field.alias or name)), None)
