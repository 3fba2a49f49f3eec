"""Waits for the workers of a training, tells how far they are, and what ended them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from widedeep.components.common import progress
from widedeep.components.common.errors import WideDeepError
from widedeep.components.trainer.workers.local_processes import start_processes
from widedeep.components.trainer.workers.mailbox import Mailbox, Trouble

# TensorFlow waits an hour for a worker that another one can't reach, without a word.
_MEETING_SECONDS = 180.0
# For the one to blame, where others are seen first.
_LOOKS = 10
_CARRY_ON = "The others were ended; the same command carries on from the last checkpoint."


class Team(Protocol):
    """The workers of one training, wherever they run; they end with its context."""

    #: Seconds between two looks at them.
    pause: float

    def lost(self) -> dict[int, str]:
        """By number, those that have ended and not well: how, as the end of a sentence that begins with the worker."""
        ...

    def is_done(self) -> bool:
        """Whether all have ended well."""
        ...

    def last_words(self, worker: int) -> str:
        """A sentence: where what a worker said can be read."""
        ...


StartTeam = Callable[[Mailbox, int], AbstractContextManager[Team]]
# Processes of this machine, where nobody says another way.
_starts: list[StartTeam] = [start_processes]


@contextmanager
def teams_by(start: StartTeam) -> Iterator[None]:
    """Workers are started so, for as long as the context is open."""
    _starts.append(start)
    try:
        yield
    finally:
        _starts.remove(start)


def train_together(work: dict[str, Any], folder: str, workers: int) -> None:
    """Trains in some processes, and returns when all have ended well.

    Args:
        work: what to train from and where to write, as `run_fn` gets it.
        folder: for what they tell each other; it stays where the training fails.
        workers: how many.

    Raises:
        WideDeepError: one failed, or was killed; what the one to blame raised, if it was an error for people.
    """
    mailbox, told, done = Mailbox(folder), None, False
    mailbox.open(work)
    started, waits = time.monotonic(), True
    with _starts[-1](mailbox, workers) as team:
        while not done:
            time.sleep(team.pause)
            lost = team.lost()
            if lost:
                raise _error(mailbox, team, lost, workers)
            # Before the progress is read: the last report is told, too.
            done = team.is_done()
            if waits and time.monotonic() - started > _MEETING_SECONDS:
                waits = False
                _tell_of_waiting(mailbox.not_met(workers), workers)
            heard = mailbox.progress()
            if heard is not None and heard != told:
                told = heard
                progress.report(heard)


def _tell_of_waiting(absent: list[int], workers: int) -> None:
    if absent:
        logging.warning(
            "After %.0f s %d of %d workers (%s) have not reached all others. Each must run, and reach each other's "
            "port: see whether their processes or pods started; on a cluster, kubeflow/workers has the network policy "
            "that lets them. The training goes on as soon as they meet.",
            _MEETING_SECONDS,
            len(absent),
            workers,
            ", ".join(map(str, absent)),
        )


def _error(mailbox: Mailbox, team: Team, lost: dict[int, str], workers: int) -> WideDeepError:
    """Of several that are lost, those that failed as another was lost are not to blame."""
    said = {number: mailbox.trouble(number) for number in lost}
    looks = 0
    # They may be faster to say so than the other is to be seen.
    while all(map(_of_another, said.values())) and looks < _LOOKS:
        time.sleep(team.pause)
        lost, looks = lost | team.lost(), looks + 1
        said = {number: mailbox.trouble(number) for number in lost}
    number = min(lost, key=lambda number: (_of_another(said[number]), number))
    trouble = said[number]
    error = trouble.error() if trouble else None
    if error is not None:
        return error
    words = f": {trouble.words}" if trouble else ""
    which = "the chief of" if number == 0 else f"worker {number} of"
    return WideDeepError(f"{which} {workers} workers {lost[number]}{words}. {_CARRY_ON} {team.last_words(number)}")


def _of_another(trouble: Trouble | None) -> bool:
    return trouble is not None and trouble.of_another
