"""What a ranking request sends once, and what once a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from widedeep.pipeline.drafting.rules.names import says_item, says_person


@dataclass(frozen=True)
class Side:
    """A feature's side, and why; '' where nothing says that it is the candidate's."""

    side: str
    why: str


def side_of(name: str, context: tuple[str, ...], candidate: tuple[str, ...], follows: Mapping[str, str]) -> Side:
    """The side of a column.

    Args:
        name: the column's.
        context: columns that a person calls the context's.
        candidate: columns that a person calls the candidate's.
        follows: of a column that an id determines, that id's side.
    """
    if name in candidate:
        return Side("candidate", "as you say")
    if name in context:
        return Side("context", "as you say")
    if says_person(name):
        return Side("context", "the name is that of a person")
    if says_item(name):
        return Side("candidate", "the name is that of what is shown")
    if name in follows:
        return Side(follows[name], "an id of that side determines it")
    if context and not candidate:
        return Side("candidate", "not among those of the context")
    return Side("context", "")
