"""Data steps on a runner of its own: the direct runner's results, and words for what goes wrong there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from calls import called, free_port, plain, started
from faults import edit
from harness import LOOSE, ROOT, Pushed, Ran, Slice, latest
from prism import Prism, options, running, wait_for

from widedeep.pipeline.launcher.cluster_jobs import job_name

DATA_STEPS = ("ExampleGen", "StatisticsGen", "Transform", "Evaluator")


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    with running(tmp_path_factory.mktemp("prism") / "prism.log") as there:
        yield there


def name_in(workdir: Path, node: str) -> str:
    return job_name(str(workdir / "artifacts"), "taxi", node)


def words(what: str) -> str:
    """The pattern of what is said, as the how-to's table has it: "…" stands for anything."""
    [row] = [line for line in (ROOT / "docs/how-to/beam.md").read_text().splitlines() if line.startswith(f"| {what} |")]
    [told] = re.findall(r"`([^`]+)`", row)
    return ".+".join(re.escape(part) for part in told.split("…"))


def test_no_job_is_left_by_a_run_that_ends_early(pushed: Callable[[str], Pushed], prism: Prism, tmp_path: Path) -> None:
    slice_, workdir = pushed("taxi").slice, tmp_path / "work"
    name = name_in(workdir, "ExampleGen")

    with started(slice_, workdir, LOOSE, prism.pool.setting) as killed:
        job = prism.job(name)
        held = prism.pool.hold(job)
        killed.process.kill()
    assert prism.jobs.running(name) == [job]

    for number, code, what in (
        (signal.SIGINT, 1, "the run was interrupted (Ctrl-C)"),
        (signal.SIGTERM, 128 + signal.SIGTERM, "the run was terminated (SIGTERM)"),
    ):
        with started(slice_, workdir, LOOSE, prism.pool.setting) as ended:
            before, job = job, prism.job(name, but=job)
            assert prism.end_of(before) == "CANCELLED"
            prism.pool.let_go(held)
            held = prism.pool.hold(job)
            ended.process.send_signal(number)
            _, said = ended.process.communicate(timeout=120)
        assert ended.process.returncode == code, said
        assert re.search(f"^{words(what)}", said, re.MULTILINE), said
        assert prism.end_of(job) == "CANCELLED"
    prism.pool.let_go(held)


def test_a_bad_rows_place_and_value_are_said_by_the_images_pool(prism: Prism, taxi: Slice, tmp_path: Path) -> None:
    file, port, log = taxi.data / "train" / "data.csv", free_port(), tmp_path / "pool.log"
    edit(file, "trip_miles", lambda _: "forty", [17])
    environment = {**plain(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [ROOT / "tools" / "entrypoint", "--worker_pool", f"--service_port={port}"]
    with log.open("wb") as written, subprocess.Popen(command, env=environment, stderr=written, stdout=written) as pool:
        try:
            wait_for(port)
            setting = f"beam.options=[{', '.join(options(prism.port, port))}]"
            ran = called("run", taxi.pipeline, "--workdir", tmp_path / "work", "--set", setting)
        finally:
            pool.terminate()
    assert ran.returncode == 1, ran.stderr
    assert f"Error: ExampleGen stopped: {file}, row 17, column 'trip_miles': 'forty' is not a number.\n" in ran.stderr
    assert re.search(f"^Error: {words('a row was wrong')}\n", ran.stderr, re.MULTILINE)
    assert "Traceback" not in ran.stderr
    assert log.read_text().count("Starting worker with command") == 1


def test_a_run_whose_pool_is_lost_carries_on_with_another_one_and_those_of_other_pools_go_on(
    pushed: Callable[[str], Pushed], run: Callable[..., Ran], prism: Prism, tmp_path: Path
) -> None:
    """Two runs at once, each with a pool of its own: Beam knows one address for the workers of a job."""
    direct, workdir, other_workdir = pushed("taxi"), tmp_path / "work", tmp_path / "other"
    with (
        started(direct.slice, workdir, LOOSE, prism.pool.setting) as hurt,
        started(direct.slice, other_workdir, LOOSE, prism.other_pool.setting) as other,
    ):
        name = name_in(workdir, "Transform")
        lost = prism.job(name)
        prism.wait_for_work(lost)
        prism.pool.kill(lost)
        _, said = hurt.process.communicate(timeout=360)
        other.wait_for("✓ Transform")
        other.process.kill()
    assert hurt.process.returncode == 1, said
    heard, unheard = words("the workers were killed"), words("the same, and Prism did not notice")
    assert re.search(f"^Error: ({heard}|{unheard})$", said, re.MULTILINE), said
    assert re.search(rf"the job ({lost} \()?{name}\)? at {prism.jobs.place} ", said), said
    assert f"see the logs of the worker pool at localhost:{prism.pool.port} and of the runner" in said
    assert "Traceback" not in said

    prism.pool.start()
    ran = run(direct.slice, workdir, LOOSE, prism.pool.setting)
    assert ran.code == 0, ran.stderr
    assert {step: ran.states[step] for step in DATA_STEPS} == dict(
        zip(DATA_STEPS, ("CACHED", "CACHED", "COMPLETE", "COMPLETE"), strict=True)
    )
    assert len(prism.pool.started()) == len({"Transform", "Evaluator"})
    assert ran.result is not None
    assert direct.ran.result is not None
    assert ran.result["metrics"] == direct.ran.result["metrics"]
    for node, output, pattern in (
        ("ExampleGen", "examples", "Split-*/*.gz"),
        ("Transform", "transformed_examples", "Split-*/*.gz"),
        ("Transform", "transform_graph", "transform_fn/assets/*"),
    ):
        expected = contents(latest(direct.workdir, node, output), pattern)
        assert expected
        assert contents(latest(workdir, node, output), pattern) == expected
        assert contents(latest(other_workdir, node, output), pattern) == expected


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
