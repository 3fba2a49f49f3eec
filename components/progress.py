"""How a component tells whoever watches how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Listener = Callable[[dict[str, Any]], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Calls `listener` at every report in this process, until the returned function is called."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def report(state: dict[str, Any]) -> None:
    """Tells every listener where the work stands (step, steps, loss, auc)."""
    for listener in _listeners:
        listener(state)
