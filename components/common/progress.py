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
# Hears of what is read, and how many of its rows so far.
ReadingListener = Callable[[str, int], None]
_listeners: list[Listener] = []
_reading: list[ReadingListener] = []


@contextmanager
def listener(function: Listener) -> Iterator[None]:
    """Calls `function` at every report in this process, for as long as the context is open."""
    _listeners.append(function)
    try:
        yield
    finally:
        _listeners.remove(function)


@contextmanager
def reading_listener(function: ReadingListener) -> Iterator[None]:
    """The same for what is read in this process."""
    _reading.append(function)
    try:
        yield
    finally:
        _reading.remove(function)


def report_rows(name: str, rows: int) -> None:
    """Tells how many rows of a long reading are there."""
    for function in _reading:
        function(name, rows)


def report(progress: TrainingProgress) -> None:
    """Tells every listener where the work stands."""
    for function in _listeners:
        function(progress)
