"""Servers, clients, and the load that they make."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from benchmarks.serving.servers.processes import Server, Worker, cpu_seconds
from benchmarks.serving.traffic.load_generator import load
from widedeep.components.common.errors import WideDeepError


def test_cpu_time_is_that_of_user_and_system_whatever_the_program_is_called() -> None:
    stat = "7 (a (b) c) S " + " ".join(str(number) for number in range(4, 53))
    # Fields 14 and 15, in ticks.
    assert cpu_seconds(stat) == pytest.approx((14 + 15) / os.sysconf("SC_CLK_TCK"))
    assert cpu_seconds(Path("/proc/self/stat").read_text()) == pytest.approx(sum(os.times()[:2]), abs=0.1)


def test_a_server_and_a_client_that_fail_are_told_with_what_they_said(tmp_path: Path) -> None:
    with pytest.raises(WideDeepError, match=r"(?s)benchmarks\.no_such did not start:.*No module named"):
        Server("benchmarks.no_such", log=tmp_path / "log.txt")
    with (
        Worker("benchmarks.no_such", log=tmp_path / "log.txt") as worker,
        pytest.raises(WideDeepError, match=r"(?s)benchmarks\.no_such.*ended:.*No module named"),
    ):
        worker.answer()


def test_load_calls_from_every_thread_with_rising_numbers_and_counts_what_fails() -> None:
    numbers: list[int] = []
    threads: set[int] = set()

    def rank(number: int) -> None:
        numbers.append(number)
        threads.add(threading.get_ident())
        threading.Event().wait(0.001)
        if number % 2:
            raise WideDeepError("no")

    answer = load(rank, 3, 0.2)
    assert len(threads) == 3
    assert sorted(numbers) == list(range(len(numbers)))
    odd = sum(number % 2 for number in numbers)
    assert answer["failed"] == {"WideDeepError": odd}
    # Those of the warm-up are not timed.
    assert 0 < len(answer["milliseconds"]) < len(numbers) - odd
    assert min(answer["milliseconds"]) >= 1


def test_a_call_that_fails_is_not_timed() -> None:
    def rank(_: int) -> None:
        raise WideDeepError("no")

    answer = load(rank, 1, 0.05)
    assert answer["milliseconds"] == []
    assert answer["failed"]["WideDeepError"] > 0
