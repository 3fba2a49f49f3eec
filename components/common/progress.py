"""How a component tells whoever watches how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Listener = Callable[[dict[str, Any]], None]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Calls `listener` at every report in this process, for as long as the context is open."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def report(state: dict[str, Any]) -> None:
    """Tells every listener where the work stands (step, steps, loss, watched, value; in a search trial and trials)."""
    for listener in _listeners:
        listener(state)
