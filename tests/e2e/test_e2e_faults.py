"""Wrong settings, mended data and interrupted runs: a readable end, nothing pushed, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Ran, Slice, command, plain

Run = Callable[..., Ran]


def readable(ran: Ran) -> str:
    assert "Traceback" not in ran.stderr + ran.stdout
    return " ".join(ran.stderr.split())


def test_once_the_data_are_mended_the_same_command_carries_on(census: Slice, tmp_path: Path, run: Run) -> None:
    train = census.data / "train" / "data.csv"
    good = train.read_text()
    train.write_text(f"{good}forty\n")
    assert run(census, tmp_path / "work").code == 1
    assert not (tmp_path / "work" / "models").exists()
    train.write_text(good)
    assert run(census, tmp_path / "work").code == 0


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


def wait_for(process: subprocess.Popen[str], line: str) -> None:
    """Reads the progress until a line starts so."""
    assert process.stderr is not None
    deadline = time.monotonic() + 300
    for seen in process.stderr:
        if seen.startswith(line):
            return
        assert time.monotonic() < deadline
    raise AssertionError(f"the run ended before {line!r}")


def start(slice_: Slice, workdir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(slice_, workdir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=plain(),
        # What a shell starts in the background ignores Ctrl-C, and so would these tests' children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_killed_at_any_component_the_same_command_carries_on(taxi: Slice, tmp_path: Path, run: Run) -> None:
    workdir = tmp_path / "work"
    # Each time one component further; what had run before is taken from the cache.
    for done in ("taxi", "✓ ExampleGen", "✓ StatisticsGen", "✓ Transform", "✓ Trainer"):
        with start(taxi, workdir) as process:
            wait_for(process, done)
            time.sleep(1.0)
            os.kill(process.pid, signal.SIGKILL)
            assert process.wait(timeout=30) == -signal.SIGKILL
        assert not list((workdir / "models").glob("*"))
    ran = run(taxi, workdir)
    assert ran.code == 0, ran.stderr
    cached = {node for node, state in ran.states.items() if state == "CACHED"}
    assert {"ExampleGen", "StatisticsGen", "Transform", "Trainer"} <= cached
    assert [path.name for path in (workdir / "models").iterdir()] == ["1"]


def test_an_interrupted_run_says_so(taxi: Slice, tmp_path: Path) -> None:
    with start(taxi, tmp_path / "work") as process:
        wait_for(process, "✓ StatisticsGen")
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=30) == 1
        assert process.stderr is not None
        assert "Interrupted. The same command carries on" in process.stderr.read()
