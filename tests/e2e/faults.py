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
from harness import FEW_POSITIVES, LOOSE, Ran

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


def misplaced_quote(scene: Scene) -> Ran:
    """As Spark writes by default, where nothing says so."""
    data = scene.data("data")
    edit(data / "train" / "data.csv", "sex", lambda _: r'"27\" TV"', range(17, 18))
    return scene.go(LOOSE, f"data.path={data}")


def times_as_numbers(scene: Scene) -> Ran:
    """Seconds since 1970, a minute and a half of them, which 32 bits hold as one number or two."""
    data = scene.data("data")
    for split in ("train", "eval", "test"):
        edit(data / split / "data.csv", "age", lambda age: str(1_700_000_000 + int(float(age))))
    return scene.go(LOOSE, f"data.path={data}")


def rows_changed_in_place(scene: Scene) -> Ran:
    """Neither the file's size nor its time of change tells."""
    file = scene.slice.data / "train" / "data.csv"
    before = file.stat()
    edit(file, "age", lambda age: "x" * len(age), range(17, 18))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    return scene.go(LOOSE)


def unknown_values(scene: Scene) -> Ran:
    data = scene.data("data")
    edit(data / "train" / "data.csv", "sex", lambda _: "Unknown", range(1, 1001))
    return scene.go(LOOSE, f"data.path={data}")


def file_in_two_splits(scene: Scene) -> Ran:
    """The model would learn the rows that judge it."""
    return scene.go(LOOSE, "data.splits={train: '*/*', eval: eval/*, test: test/*}")


def values_written_otherwise(scene: Scene) -> Ran:
    """As another program writes them, without a schema that says which there are."""
    data = scene.data("data")
    edit(data / "test" / "data.csv", "occupation", str.upper)
    return scene.go(LOOSE, f"data.path={data}", "schema=null")


def feature_without_values(scene: Scene) -> Ran:
    """Of a feature with fixed buckets, of which nothing is learned, and which need not be present."""
    data = scene.data("data")
    edit(data / "eval" / "data.csv", "education_num", lambda _: "")
    return scene.go(LOOSE, f"data.path={data}", "schema=null")


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
    """Two of the split's rows have label 1."""
    return scene.go(f"evaluation.split={FEW_POSITIVES}")


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


def server_cannot_start(scene: Scene) -> Ran:
    """TensorFlow's server is on the PATH, and a library that it needs is not there."""
    server = scene.folder / "bin" / "tensorflow_model_server"
    server.parent.mkdir()
    server.write_text("#!/bin/sh\necho 'error while loading shared libraries: libx.so.1' >&2\nexit 127\n")
    server.chmod(0o755)
    with scene.patch.context() as patch:
        patch.setenv("PATH", str(server.parent), prepend=os.pathsep)
        return scene.go(LOOSE, TRY_AGAIN)


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


def another_pipeline(scene: Scene) -> Ran:
    return scene.go(LOOSE, "name=others")


def other_features(scene: Scene) -> Ran:
    """Its model would be served to those who ask for the first one's."""
    declared = (scene.slice.pipeline.parent / "features.yaml").read_text()
    features = scene.folder / "features.yaml"
    assert "quantiles: 20" in declared
    features.write_text(declared.replace("quantiles: 20", "quantiles: 21"))
    return scene.go(LOOSE, f"features={features}")


def damaged_metadata(scene: Scene) -> Ran:
    metadata = scene.workdir / "metadata.sqlite"
    os.truncate(metadata, metadata.stat().st_size // 2)
    return scene.go(LOOSE)


def two_runs_at_once(scene: Scene) -> Ran:
    """The second one; the first goes on to its end."""
    with started(scene.slice, scene.workdir, LOOSE) as first:
        # It has the lock when it says anything.
        first.wait_for("census")
        second = scene.go(LOOSE)
        _, told = first.process.communicate(timeout=300)
    assert first.process.returncode == 0, told
    return second
