"""Batch scores on a runner of its own: the direct runner's, and nothing of a scoring that ended early stays there."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import forked
import pyarrow.parquet as pq
import pytest
from calls import called, plain
from forked import WIDEDEEP
from harness import Pushed
from prism import Prism, running

from widedeep.pipeline.launcher.cluster_jobs import job_name


@pytest.fixture
def prism(tmp_path: Path) -> Iterator[Prism]:
    with running(tmp_path / "prism.log") as there:
        yield there


def test_a_scoring_that_was_killed_or_interrupted_leaves_no_job_and_the_next_gives_the_same_scores(
    pushed: Callable[[str], Pushed], prism: Prism, tmp_path: Path
) -> None:
    direct, out = pushed("taxi"), tmp_path / "there.parquet"
    words = ["score", str(direct.workdir / "models"), str(direct.slice.data / "test" / "data.csv"), "--out"]
    there = [*words, str(out), "--set", prism.pool.setting]
    name = job_name(str(out), "score", out.name)

    with forked.Popen([WIDEDEEP, *there], env=plain()) as killed:
        first = prism.job(name)
        killed.kill()
    assert prism.jobs.running(name) == [first]

    pipe = subprocess.PIPE
    with forked.Popen([WIDEDEEP, *there], stderr=pipe, text=True, env=plain()) as interrupted:
        while prism.job(name) == first:
            pass
        interrupted.send_signal(signal.SIGINT)
        _, said = interrupted.communicate(timeout=120)
    assert "Interrupted. Nothing was written." in said
    assert prism.jobs.running(name) == []
    assert not out.exists()

    here = called(*words, tmp_path / "here.parquet")
    ended = called(*there)
    assert (here.returncode, ended.returncode) == (0, 0), ended.stderr
    scores = [pq.read_table(path) for path in (tmp_path / "here.parquet", out)]
    assert scores[0].num_rows == 1200
    assert scores[0].equals(scores[1])
