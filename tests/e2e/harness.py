"""The command line as a person calls it, and small real slices of the data sets."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
from forked import WIDEDEEP

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Slice:
    """A pipeline file whose data is a slice."""

    pipeline: Path
    data: Path


@dataclass(frozen=True)
class Ran:
    """A finished `widedeep run`."""

    code: int
    stdout: str
    stderr: str
    result: dict[str, Any] | None

    @property
    def states(self) -> dict[str, str]:
        assert self.result is not None, self.stderr
        return {node["id"]: node["state"] for node in self.result["components"]}


# What a model of a slice holds.
LOOSE = "evaluation.bounds={auc: {at_least: 0.1}}"


@dataclass(frozen=True)
class Pushed:
    """A slice, the working directory of its one run, and the run; all of it lies in one folder."""

    slice: Slice
    workdir: Path
    ran: Ran


def latest(workdir: Path, node: str, output: str) -> Path:
    """What the node's last execution wrote."""
    # Beside the executions' folders lies one for killed trainings.
    executions = [path for path in (workdir / "artifacts" / node / output).iterdir() if path.name.isdecimal()]
    return max(executions, key=lambda path: int(path.name))


def arguments(slice_: Slice, workdir: Path, *settings: str) -> list[str]:
    """Of `widedeep`, for a run."""
    flags = [flag for setting in settings for flag in ("--set", setting)]
    return ["run", str(slice_.pipeline), "--workdir", str(workdir), *flags]


def called(*words: object, installed: bool = False) -> subprocess.CompletedProcess[str]:
    """A command of `widedeep` that has ended; as `installed`, in an interpreter of its own."""
    popen, pipe = subprocess.Popen if installed else forked.Popen, subprocess.PIPE
    with popen([WIDEDEEP, *map(str, words)], stdout=pipe, stderr=pipe, text=True, env=plain()) as process:
        try:
            out, err = process.communicate(timeout=600)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def free_port() -> int:
    """A port that nothing listens at, outside of Linux's range for whoever asks for any."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port


def plain() -> dict[str, str]:
    """The environment without what would colour or widen the output."""
    return {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}


def settings_beside(name: str, data: Path, folder: Path) -> Slice:
    """A copy of the checked-in settings beside which `data` lies."""
    for file in (ROOT / "schema" / name).iterdir():
        (folder / file.name).write_text(file.read_text())
    pipeline = folder / "pipeline.yaml"
    pipeline.write_text(pipeline.read_text().replace(f"../../data/{name}", str(data)))
    assert str(data) in pipeline.read_text()
    return Slice(pipeline, data)


def csv_slice(name: str, rows: dict[str, int], tmp_path: Path, whole: Path) -> Slice:
    data = tmp_path / f"{name}-data"
    for split, count in rows.items():
        (data / split).mkdir(parents=True)
        lines = (whole / split / "data.csv").read_text().splitlines(keepends=True)
        (data / split / "data.csv").write_text("".join(lines[: count + 1]))
    (tmp_path / "settings").mkdir()
    return settings_beside(name, data, tmp_path / "settings")


@dataclass(frozen=True)
class Started:
    """A run that goes on."""

    process: forked.Popen

    def wait_for(self, start: str) -> str:
        """Reads the progress until a line starts so; returns the line."""
        assert self.process.stderr is not None
        deadline = time.monotonic() + 300
        for line in self.process.stderr:
            if line.startswith(start):
                return str(line)
            assert time.monotonic() < deadline
        raise AssertionError(f"the run ended before {start!r}")


@contextmanager
def started(slice_: Slice, workdir: Path, *settings: str) -> Iterator[Started]:
    """A run, which the test ends."""
    pipe = subprocess.PIPE
    words = [WIDEDEEP, *arguments(slice_, workdir, *settings)]
    with forked.Popen(words, stdout=pipe, stderr=pipe, text=True, env=plain()) as process:
        try:
            yield Started(process)
        except BaseException:
            process.kill()
            raise


# A process that has TensorFlow alone, as a server does.
SCORE = """
import json, sys
import tensorflow as tf
signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
examples = []
for row in json.load(sys.stdin):
    feature = {}
    for key, value in row.items():
        if isinstance(value[0], float):
            feature[key] = tf.train.Feature(float_list=tf.train.FloatList(value=value))
        else:
            feature[key] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode() for text in value]))
    examples.append(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
print(json.dumps(signature(examples=tf.constant(examples))["score"].numpy().tolist()))
"""


def score(model: str, rows: list[dict[str, list[object]]]) -> list[Any]:
    """What a pushed model serves for raw rows: a number each, or each class's."""
    done = subprocess.run(
        [sys.executable, "-c", SCORE, model],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    scores = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(scores, list)
    return scores
