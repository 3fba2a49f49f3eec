"""Wrong settings, mended data and interrupted runs: a readable end, nothing pushed, nothing lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from calls import Started, started
from harness import LOOSE, Ran, Slice

from widedeep.components.common.process import worker_server

Run = Callable[..., Ran]


def readable(ran: Ran) -> str:
    assert "Traceback" not in ran.stderr + ran.stdout
    return " ".join(ran.stderr.split())


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        ("training.epoch=3", ("unknown key 'epoch'", "did you mean 'epochs'?")),
        ("data.splits={train: trian/*, eval: eval/*, test: test/*}", ("trian/*", "matches no file")),
        ("features=no-such.yaml", ("no-such.yaml", "there is no such file")),
    ],
)
def test_wrong_settings_end_before_anything_runs(
    census: Slice, tmp_path: Path, run: Run, setting: str, parts: tuple[str, ...]
) -> None:
    ran = run(census, tmp_path / "work", setting)
    assert ran.code == 2
    told = readable(ran)
    for part in parts:
        assert part in told


def test_a_working_directory_that_cannot_be_written_is_named(census: Slice, tmp_path: Path, run: Run) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    ran = run(census, in_the_way / "work")
    assert ran.code == 2
    assert f"{in_the_way / 'work'}: the working directory can't be written" in readable(ran)


def in_days(slice_: Slice) -> list[Path]:
    """Makes two days' raw files of a slice, without splits or a schema; returns them."""
    lines = [(slice_.data / split / "data.csv").read_text().splitlines() for split in ("train", "eval", "test")]
    rows = [line for split in lines for line in split[1:]]
    days = [slice_.data / f"day-{span}" / "trips.csv" for span in (1, 2)]
    for day, part in zip(days, (rows[:2400], rows[2400:]), strict=True):
        day.parent.mkdir()
        day.write_text("\n".join([lines[0][0], *part]) + "\n")
    settings = yaml.safe_load(slice_.pipeline.read_text())
    del settings["schema"]
    settings["data"] = {
        "path": str(slice_.data),
        "format": "csv",
        "pattern": "day-{SPAN}/*",
        "hash_split": {"train": 3, "eval": 1, "test": 1},
    }
    slice_.pipeline.write_text(yaml.safe_dump(settings))
    return days


def test_whatever_ends_a_run_the_same_command_carries_on(taxi: Slice, tmp_path: Path, run: Run) -> None:
    """On raw files of days, in a folder whose name would be a pattern, and stands for itself."""
    workdir, newest = tmp_path / "[v2] *? \\", in_days(taxi)[-1]
    good = newest.read_text()
    newest.write_text(f"{good}forty\n")
    assert run(taxi, workdir, LOOSE).code == 1
    assert not (workdir / "models").exists()
    newest.write_text(good)

    # Killed, each time one component further; what had run before is taken from the cache.
    for done in ("taxi", "✓ ExampleGen", "✓ StatisticsGen", "✓ Transform", "✓ Trainer"):
        with started(taxi, workdir, LOOSE) as killed:
            killed.wait_for(done)
            time.sleep(1.0)
            killed.process.kill()
            assert killed.process.wait(timeout=30) == -signal.SIGKILL
        assert not list((workdir / "models").glob("*"))
        if done == "✓ StatisticsGen":
            with started(taxi, workdir, LOOSE) as interrupted:
                interrupted.wait_for(done)
                interrupted.process.send_signal(signal.SIGINT)
                assert interrupted.process.wait(timeout=30) == 1
                assert interrupted.process.stderr is not None
                assert "Interrupted. The same command carries on" in interrupted.process.stderr.read()
    ran = run(taxi, workdir, LOOSE)
    assert ran.code == 0, ran.stderr
    cached = {node for node, state in ran.states.items() if state == "CACHED"}
    assert {"ExampleGen", "StatisticsGen", "Transform", "Trainer"} <= cached
    assert [path.name for path in (workdir / "models").iterdir()] == ["1"]
    assert ran.result is not None
    held_out = ran.result["metrics"]["candidate"]["rows"]
    # A fifth of the newest day's 2,400 rows, give or take five standard deviations.
    assert abs(held_out - 480) < 5 * (2400 * 0.2 * 0.8) ** 0.5
    with started(taxi, workdir, LOOSE, "data.span=1") as earlier:
        assert "cached" not in earlier.wait_for("✓ ExampleGen")
        earlier.process.kill()


def workers() -> dict[int, int]:
    """The worker processes on this machine, and what forks them, each with its parent's number."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if worker_server.__name__ in (folder / "cmdline").read_text():
                found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def some_worker(run: Started) -> int:
    """One of a run, as soon as there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = workers()
        for worker, parent in found.items():
            if found.get(parent) == run.process.pid:
                return worker
        time.sleep(0.05)
    raise AssertionError("no worker process began")


def test_a_killed_worker_process_ends_the_run_in_words(census: Slice, tmp_path: Path) -> None:
    with started(census, tmp_path / "work", "beam.mode=multi_processing", installed=True) as run:
        run.wait_for("✓ ExampleGen")
        # ExampleGen's have ended by then, and StatisticsGen's others have not begun yet, or just have.
        os.kill(some_worker(run), signal.SIGKILL)
        assert run.process.wait(timeout=60) == 1
        assert run.process.stderr is not None
        told = " ".join(run.process.stderr.read().split())
    assert "StatisticsGen stopped: a worker process of Beam was killed (SIGKILL), as a rule because" in told
    assert "The same command tries again, and keeps the steps that were done. Nothing was pushed." in told
    assert "Traceback" not in told
    with started(census, tmp_path / "work", "beam.mode=multi_processing", installed=True) as again:
        assert "cached" in again.wait_for("✓ ExampleGen")
        worker = some_worker(again)
        again.process.kill()
        again.process.wait()
    # It ends with the run.
    deadline = time.monotonic() + 10
    while worker in workers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert worker not in workers()
