"""How a component tells whoever watches how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NotRequired, TypedDict


class TrainingProgress(TypedDict):
    """How far a training is.

    Keys:
        step: batches done.
        steps: batches in all; None until their number is known.
        loss: mean of the epoch so far.
        watched: the metric that is watched on eval.
        value: the last epoch's of it; None in the first.
        trial, trials: in a search, the trial's number and how many there are.
    """

    step: int
    steps: int | None
    loss: float
    watched: str
    value: float | None
    trial: NotRequired[int]
    trials: NotRequired[int]


Listener = Callable[[TrainingProgress], None]
_listeners: list[Listener] = []


@contextmanager
def listener(function: Listener) -> Iterator[None]:
    """Calls `function` at every report in this process, for as long as the context is open."""
    _listeners.append(function)
    try:
        yield
    finally:
        _listeners.remove(function)


def report(progress: TrainingProgress) -> None:
    """Tells every listener where the work stands."""
    for function in _listeners:
        function(progress)
