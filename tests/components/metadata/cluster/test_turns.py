"""One process at a time."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep.components.metadata.cluster import turns
from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.cluster.turns import TurnLostError, turn

HOLD = """
import sys, time
from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.cluster.turns import turn
with turn(Database(sys.argv[1], {}, 0), "k"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "BEAT", 0.05)
    monkeypatch.setattr(turns, "LAPSE", 1.0)
    monkeypatch.setattr(turns, "_POLL", 0.01)


def test_a_second_waits_until_the_first_has_ended(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def second() -> None:
        with turn(database, "k"):
            order.append("second")

    with turn(database, "k") as held:
        waiting = threading.Thread(target=second)
        waiting.start()
        # Longer than a lapse: what beats is not taken over.
        time.sleep(2.5)
        held.check()
        order.append("first")
    waiting.join(timeout=30)
    assert order == ["first", "second"]
    assert "works on it; waiting until it ends or stands still" in capsys.readouterr().err


def test_under_another_key_nobody_waits(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with turn(database, "one"), turn(database, "two"):
        pass
    assert "waiting" not in capsys.readouterr().err


def test_many_at_once_have_it_one_by_one(database: Database) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with turn(database, "k"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert most == [1] * 6


def test_who_stands_still_loses_the_turn_and_hears_of_it(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as still:
        still.setattr(turns, "BEAT", 600.0)
        frozen = turns._take(database, "k")
    with turn(database, "k") as held:
        held.check()
        with pytest.raises(TurnLostError, match="k: this process stood still for more than 1 s, and another one has"):
            frozen.check()
    assert "no longer works on k: taking over." in capsys.readouterr().err


def test_a_killed_process_of_this_machine_is_not_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(turns, "LAPSE", 5.0)
    with subprocess.Popen([sys.executable, "-c", HOLD, database.where], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    with turn(database, "k"):
        pass
    # Nobody waited for a lapse.
    assert capsys.readouterr().err == ""


class Records:
    """The records 1 to `count`."""

    def __init__(self, count: int) -> None:
        self.count = count

    def get_context_by_type_and_name(self, kind: str, name: str) -> Any:
        return int(name.partition("#")[2]) <= self.count or None


@given(st.integers(0, 5000))
def test_the_last_record_is_found(count: int) -> None:
    assert turns._last(Records(count), "k") == count
