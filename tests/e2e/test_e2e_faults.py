"""Wrong settings, mended data and interrupted runs: a readable end, nothing pushed, nothing lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from calls import started
from harness import Ran, Slice

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


def test_whatever_ends_a_run_the_same_command_carries_on(taxi: Slice, tmp_path: Path, run: Run) -> None:
    workdir, train = tmp_path / "work", taxi.data / "train" / "data.csv"
    good = train.read_text()
    train.write_text(f"{good}forty\n")
    assert run(taxi, workdir).code == 1
    assert not (workdir / "models").exists()
    train.write_text(good)

    # Killed, each time one component further; what had run before is taken from the cache.
    for done in ("taxi", "✓ ExampleGen", "✓ StatisticsGen", "✓ Transform", "✓ Trainer"):
        with started(taxi, workdir) as killed:
            killed.wait_for(done)
            time.sleep(1.0)
            killed.process.kill()
            assert killed.process.wait(timeout=30) == -signal.SIGKILL
        assert not list((workdir / "models").glob("*"))
        if done == "✓ StatisticsGen":
            with started(taxi, workdir) as interrupted:
                interrupted.wait_for(done)
                interrupted.process.send_signal(signal.SIGINT)
                assert interrupted.process.wait(timeout=30) == 1
                assert interrupted.process.stderr is not None
                assert "Interrupted. The same command carries on" in interrupted.process.stderr.read()
    ran = run(taxi, workdir)
    assert ran.code == 0, ran.stderr
    cached = {node for node, state in ran.states.items() if state == "CACHED"}
    assert {"ExampleGen", "StatisticsGen", "Transform", "Trainer"} <= cached
    assert [path.name for path in (workdir / "models").iterdir()] == ["1"]
