"""What the Trainer says of workers that do not find each other. The team stands in for processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from widedeep.components.trainer.workers import supervision
from widedeep.components.trainer.workers.mailbox import Mailbox


class Meeting:
    """A team of which some have reached all others, and which is done at the fifth look."""

    pause = 0.01

    def __init__(self, mailbox: Mailbox, met: tuple[int, ...]) -> None:
        self._looks = 0
        for number in met:
            mailbox.tell_met(number)

    def lost(self) -> dict[int, str]:
        return {}

    def is_done(self) -> bool:
        self._looks += 1
        return self._looks == 5

    def last_words(self, worker: int) -> str:
        return f"nothing of {worker}"


@pytest.mark.parametrize(("met", "told"), [((0, 2), "1 of 3 workers (1)"), ((), "3 of 3 workers (0, 1, 2)")])
def test_who_has_not_reached_the_others_is_told_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    met: tuple[int, ...],
    told: str,
) -> None:
    monkeypatch.setattr(supervision, "_MEETING_SECONDS", 0.0)
    assert train(tmp_path, met, caplog) == [
        f"After 0 s {told} have not reached all others. Each must run, and reach each other's port: see whether their "
        "processes or pods started; on a cluster, kubeflow/workers has the network policy that lets them. The training "
        "goes on as soon as they meet."
    ]


def test_nothing_is_said_of_those_that_meet_or_have_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert train(tmp_path, (), caplog) == []
    monkeypatch.setattr(supervision, "_MEETING_SECONDS", 0.0)
    assert train(tmp_path, (0, 1, 2), caplog) == []


def train(folder: Path, met: tuple[int, ...], caplog: pytest.LogCaptureFixture) -> list[str]:
    @contextmanager
    def start(mailbox: Mailbox, workers: int) -> Iterator[Meeting]:
        assert workers == 3
        yield Meeting(mailbox, met)

    with supervision.teams_by(start):
        supervision.train_together({}, str(folder / "mail"), 3)
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
