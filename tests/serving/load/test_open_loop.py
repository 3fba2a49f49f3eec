"""Requests at their moments: none waits for the one before, and what it waits is in its latency."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from widedeep.components.common.errors import WideDeepError
from widedeep.serving.client.errors import DeadlineError, ServerAwayError
from widedeep.serving.load.open_loop import moments, send


@given(rate=st.floats(0.1, 500), seconds=st.floats(0.1, 5), seed=st.integers(0, 9))
def test_moments_rise_and_end_and_are_the_same_for_a_seed(rate: float, seconds: float, seed: int) -> None:
    drawn = list(moments(rate, seconds, seed))
    assert drawn == sorted(drawn)
    assert all(0 < moment < seconds for moment in drawn)
    assert drawn == list(moments(rate, seconds, seed))


def test_pauses_are_those_of_a_poisson_process() -> None:
    drawn = [0.0, *moments(20.0, 500.0, seed=3)]
    pauses = [after - before for before, after in itertools.pairwise(drawn)]
    # Of a rate of 20 for 500 s: 10,000 on average, with a standard deviation of 100.
    assert abs(len(pauses) - 10_000) < 400
    assert stats.kstest(pauses, stats.expon(scale=1 / 20).cdf).pvalue > 0.01


def test_a_request_does_not_wait_for_the_answer_to_the_one_before() -> None:
    together = threading.Barrier(3, timeout=30)
    traffic = send(lambda _: together.wait(), range(3), [0.0, 0.01, 0.02], threads=3)
    assert traffic.sent == len(traffic.latencies) == 3


def test_what_a_request_waits_for_a_thread_is_in_its_latency() -> None:
    traffic = send(lambda _: time.sleep(0.05), range(4), [0.0] * 4, threads=1)
    for number, latency in enumerate(sorted(traffic.latencies), 1):
        assert latency >= 0.05 * number
    assert sorted(traffic.delays)[-1] >= 0.15
    assert traffic.seconds >= 0.2


def test_errors_are_counted_by_the_servers_code_or_by_their_kind() -> None:
    busy = ServerAwayError("no room")
    busy.code = "RESOURCE_EXHAUSTED"
    failures: list[WideDeepError | None] = [busy, None, DeadlineError("too late"), busy]

    def ask(number: int) -> None:
        if failure := failures[number]:
            raise failure

    traffic = send(ask, range(4), [0.0] * 4, threads=2)
    assert traffic.errors == {"RESOURCE_EXHAUSTED": 2, "DeadlineError": 1}
    assert traffic.examples == {"RESOURCE_EXHAUSTED": "no room", "DeadlineError": "too late"}
    assert (traffic.sent, len(traffic.latencies)) == (4, 1)


def test_an_interrupt_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def interrupted(pause: float) -> None:
        pauses.append(pause)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    traffic = send(lambda _: None, range(9), [0.0] * 9, threads=1)
    assert traffic.sent <= 2
