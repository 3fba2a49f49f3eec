"""The 99th percentile of a server's answers: what others do on the machine is not held against it."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from widedeep.components.dryrun import trial
from widedeep.components.dryrun.requests import ServingRequest

RANK = ServingRequest("rank", None, [b""])


@dataclass
class Machine:
    """Each answer, and the waiting for a processor in it, takes what it is told to, in seconds."""

    answers: list[float]
    waits: float = 0.0
    now: float = 0.0
    asked: int = 0

    def answer(self, *_: Any) -> None:
        self.now += self.answers[self.asked]
        self.asked += 1

    def p99(self, monkeypatch: pytest.MonkeyPatch, limit: float = 100.0) -> float:
        monkeypatch.setattr(trial, "_scores", self.answer)
        monkeypatch.setattr(trial.time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(trial, "waits", lambda _: {})
        server: Any = SimpleNamespace(waits=lambda: {"1": self.waits * self.asked})
        stub: Any = None
        return trial._p99(server, stub, [RANK], limit)


def test_within_the_limit_it_is_by_the_clock(monkeypatch):
    machine = Machine(100 * [0.08], waits=0.05)
    assert machine.p99(monkeypatch) == pytest.approx(80.0)
    assert machine.asked == 100


def test_beyond_it_is_without_the_time_that_others_had_the_processors(monkeypatch):
    assert Machine(100 * [0.13], waits=0.05).p99(monkeypatch) == pytest.approx(80.0)


def test_the_best_round_counts(monkeypatch):
    """Five answers in a hundred are late in the first two rounds, none in the third."""
    late = {round_ * 100 + number for round_ in (0, 1) for number in range(5)}
    machine = Machine([0.2 if number in late else 0.05 for number in range(300)])
    assert machine.p99(monkeypatch) == pytest.approx(50.0)
    assert machine.asked == 300


def test_a_slow_model_is_slow_at_once(monkeypatch):
    machine = Machine(100 * [0.12], waits=0.001)
    assert machine.p99(monkeypatch) == pytest.approx(119.0)
    assert machine.asked == 100
