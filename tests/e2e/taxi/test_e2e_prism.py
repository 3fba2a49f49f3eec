"""Data steps on a runner of its own: the direct runner's results, and nothing of a run that ended early stays there."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from calls import started
from harness import LOOSE, Pushed, Ran, latest
from prism import Prism, running

from widedeep.pipeline.launcher.node_launcher import job_name


@pytest.fixture
def prism(tmp_path: Path) -> Iterator[Prism]:
    with running(tmp_path / "prism.log") as there:
        yield there


def test_what_a_run_leaves_when_it_ends_early_is_ended_and_the_model_is_the_direct_runners(
    pushed: Callable[[str], Pushed], run: Callable[..., Ran], prism: Prism, tmp_path: Path
) -> None:
    direct, workdir = pushed("taxi"), tmp_path / "work"
    name = job_name(str(workdir / "artifacts"), "taxi", "ExampleGen")

    with started(direct.slice, workdir, LOOSE, prism.pool.setting) as killed:
        first = prism.job(name)
        killed.process.kill()
    assert prism.jobs.running(name) == [first]

    with started(direct.slice, workdir, LOOSE, prism.pool.setting) as interrupted:
        while prism.job(name) == first:
            pass
        interrupted.process.send_signal(signal.SIGINT)
        _, said = interrupted.process.communicate(timeout=120)
    assert "Interrupted. The same command carries on from here." in said
    assert prism.jobs.running(name) == []

    with started(direct.slice, workdir, LOOSE, prism.pool.setting) as hurt:
        prism.job(name)
        for worker in prism.pool.workers():
            os.kill(worker, signal.SIGKILL)
        _, said = hurt.process.communicate(timeout=360)
    assert hurt.process.returncode == 1, said
    # Rarely, Prism falls silent about a worker that was killed as it came; gRPC gives up after five minutes.
    ends = r"(RuntimeError: Pipeline job-003 failed in state FAILED|_MultiThreadedRendezvous: [A-Z_]+: \w)"
    assert re.search(f"ExampleGen failed: {ends}", said), said
    assert "the same command carries on from there" in said

    # With another pool, as where a lost one has been replaced.
    assert prism.other_pool.started() == []
    ran = run(direct.slice, workdir, LOOSE, prism.other_pool.setting)
    assert ran.code == 0, ran.stderr
    assert prism.other_pool.started()
    assert ran.result is not None
    assert direct.ran.result is not None
    assert ran.result["metrics"] == direct.ran.result["metrics"]
    for node, output, pattern in (
        ("ExampleGen", "examples", "Split-*/*.gz"),
        ("Transform", "transformed_examples", "Split-*/*.gz"),
        ("Transform", "transform_graph", "transform_fn/assets/*"),
    ):
        here, there = (contents(latest(place, node, output), pattern) for place in (workdir, direct.workdir))
        assert here
        assert here == there


def contents(folder: Path, pattern: str) -> dict[str, list[Any]]:
    """Examples of record files, or lines of others, by path."""
    return {str(path.relative_to(folder)): rows(path) for path in sorted(folder.glob(pattern))}


def rows(path: Path) -> list[Any]:
    if path.suffix != ".gz":
        return path.read_bytes().splitlines()
    # Two processes write the features of an example in different orders.
    return [
        tf.train.Example.FromString(each) for each in tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator()
    ]
