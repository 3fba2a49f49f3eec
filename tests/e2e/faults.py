"""The faults of the table: each function makes one, and returns the run that met it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tampered
from calls import started
from fault_scene import Scene
from harness import LOOSE, Ran

# With it the dry run is not in the cache, nor are its requests to warm up with those of version 1. A model is
# refused for what is wrong with it, and not for a busy machine.
TRY_AGAIN = "dry_run={rows: 60, p99_ms: 1000}"


def edit(file: Path, column: str, change: Callable[[str], str], rows: Sequence[int] | None = None) -> None:
    """Changes the values of a CSV's column, in all data rows or in some, counted from 1."""
    header, *lines = file.read_text().splitlines()
    place = header.split(",").index(column)
    for row in rows or range(1, len(lines) + 1):
        cells = lines[row - 1].split(",")
        cells[place] = change(cells[place])
        lines[row - 1] = ",".join(cells)
    file.write_text("\n".join([header, *lines]) + "\n")


def corrupt_rows(scene: Scene) -> Ran:
    data = scene.data("data")
    edit(data / "train" / "data.csv", "age", lambda _: "forty", range(17, 18))
    return scene.go(LOOSE, f"data.path={data}")


def unknown_values(scene: Scene) -> Ran:
    data = scene.data("data")
    edit(data / "train" / "data.csv", "sex", lambda _: "Unknown", range(1, 1001))
    return scene.go(LOOSE, f"data.path={data}")


def drifted_span(scene: Scene) -> Ran:
    """The second day's people are twenty years older, which is no age that the schema forbids."""
    scene.data("days/1")
    second = scene.data("days/2")
    edit(second / "train" / "data.csv", "age", lambda age: str(float(age) + 20))
    splits = ", ".join(f"{split}: '{{SPAN}}/{split}/*'" for split in ("train", "eval", "test"))
    return scene.go(LOOSE, f"data.path={second.parent}", f"data.splits={{{splits}}}", "span=1-2")


def worse_model(scene: Scene) -> Ran:
    """A training of one step, held to the bounds that hold where none are set."""
    return scene.go("training.epochs=1", "training.batch_size=3000")


def learned_nothing(scene: Scene) -> Ran:
    """L1 that no weight outgrows, and a bound that a constant holds."""
    return scene.go("evaluation.bounds={auc: {at_least: 0.1}}", "training.model=wide", "training.wide.l1=1000000")


def few_positives(scene: Scene) -> Ran:
    """Two of the test split's rows have label 1."""
    data = scene.data("data")
    path = data / "test" / "data.csv"
    label = path.read_text().splitlines()[0].split(",").index("label")
    ones = [row for row, line in enumerate(path.read_text().splitlines()[1:], 1) if line.split(",")[label] == "1"]
    edit(path, "label", lambda _: "0", ones[2:])
    return scene.go(f"data.path={data}")


def nan_weights(scene: Scene) -> Ran:
    tampered.nan_biases(scene.model)
    return scene.go(LOOSE, "evaluation.confidence=0.9")


def nan_weights_once_evaluated(scene: Scene) -> Ran:
    tampered.nan_biases(scene.model)
    return scene.go(LOOSE, TRY_AGAIN)


def fails_to_load(scene: Scene) -> Ran:
    tampered.cut_short(scene.model)
    return scene.go(LOOSE, TRY_AGAIN)


def slow_model(scene: Scene) -> Ran:
    """Slower than what is allowed where nothing is set: 100 ms."""
    tampered.late_scores(scene.model, 0.12)
    return scene.go(LOOSE, "dry_run.rows=60")


def skewed_signature(scene: Scene) -> Ran:
    tampered.shuffled_vocabularies(scene.model)
    return scene.go(LOOSE, TRY_AGAIN)


# What the Pusher writes has no version's name yet.
KILLED = """
import os, shutil, signal
real, copied = shutil.copyfile, []
def copyfile(source, target, **options):
    done = real(source, target, **options)
    copied.extend([target] if ".pushing-" in str(target) else [])
    if len(copied) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
shutil.copyfile = copyfile
"""
LIMITED = """
import shutil
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
real, (soft, hard) = shutil.copyfile, getrlimit(RLIMIT_FSIZE)
def copyfile(source, target, **options):
    setrlimit(RLIMIT_FSIZE, (100_000 if ".pushing-" in str(target) else soft, hard))
    try:
        return real(source, target, **options)
    finally:
        setrlimit(RLIMIT_FSIZE, (soft, hard))
shutil.copyfile = copyfile
"""


def crash_in_push(scene: Scene) -> Ran:
    """kill -9 after the third file."""
    scene.within_the_run(KILLED)
    return scene.push()


def file_size_limit(scene: Scene) -> Ran:
    """What the graph and the weights exceed: a real fault of write(2), for any user."""
    scene.within_the_run(LIMITED)
    return scene.push()


def full_disk(scene: Scene) -> Ran:
    """The versions lie in a file system of their own, which has no room for a second one."""
    models, disk = scene.workdir / "models", scene.folder / "disk"
    disk.mkdir()
    size = sum(path.stat().st_size for path in models.rglob("*"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size * 3 // 2}", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small file system, which a full disk needs")
    scene.later.callback(subprocess.run, ["umount", "--lazy", str(disk)], check=True)
    shutil.copytree(models, disk / "models")
    models.rename(scene.folder / "models")
    models.symlink_to(disk / "models")
    return scene.push()


def two_runs_at_once(scene: Scene) -> Ran:
    """The second one; the first goes on to its end."""
    with started(scene.slice, scene.workdir, LOOSE) as first:
        # It has the lock when it says anything.
        first.wait_for("census")
        second = scene.go(LOOSE)
        _, told = first.process.communicate(timeout=300)
    assert first.process.returncode == 0, told
    return second
