"""The direct runner's worker processes: they are ours, compute what Beam's do, and end with the pipeline."""

from __future__ import annotations

import operator
import os
import signal
import sys
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from widedeep.components.common.errors import WideDeepError, unwrap
from widedeep.components.common.process import direct_workers, worker_server
from widedeep.components.common.process.forked_worker import server

# Nothing of a test's is to be forked for another's.
pytestmark = pytest.mark.usefixtures("worker_server_ends")
ENGINE = "--runner=widedeep.components.common.process.direct_engine.DirectEngine"


def ran(out: Path, mode: str, elements: list[Path]) -> list[str]:
    """What each path's file holds, as a worker reads it. (Workers can't import a test: the function is Python's.)"""
    options = [ENGINE, f"--direct_running_mode={mode}", "--direct_num_workers=2", "--sdk_container_image=none"]
    with beam.Pipeline(options=PipelineOptions(options)) as pipeline:
        (
            pipeline
            | beam.Create(elements)
            | beam.Reshuffle()
            | beam.Map(operator.methodcaller("read_text"))
            | beam.io.WriteToText(str(out / mode), shard_name_template="")
        )
    return (out / mode).read_text().splitlines()


def test_workers_are_processes_of_ours_and_are_gone_when_the_pipeline_has_ended(tmp_path: Path) -> None:
    status = ran(tmp_path, "multi_processing", [Path("/proc/self/stat")])[0]
    worker, parent = int(status.split()[0]), int(status.rpartition(")")[2].split()[1])
    assert worker != os.getpid()
    assert not Path(f"/proc/{worker}").exists()
    command = Path(f"/proc/{parent}/cmdline").read_text().split("\0")
    assert command[:4] == [sys.executable, "-P", "-m", worker_server.__name__]
    # The next pipeline's are of the same.
    status = ran(tmp_path, "multi_processing", [Path("/proc/self/stat")])[0]
    assert int(status.rpartition(")")[2].split()[1]) == parent


def test_neither_a_space_in_pythons_path_nor_a_file_called_as_a_module_is_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python, folder = tmp_path / "my pythons" / "python", tmp_path / "rows"
    python.parent.mkdir()
    folder.mkdir()
    # A link would be another environment.
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (folder / "random.py").write_text("raise SystemExit('the folder was looked at')")
    (folder / "row").write_text("a row")
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.chdir(folder)
    assert ran(tmp_path, "multi_processing", [folder / "row"]) == ["a row"]


# Beam reads of what is lost in threads of its own, which end with an exception.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_is_killed_ends_the_pipeline_in_words(number: signal.Signals) -> None:
    options = PipelineOptions([ENGINE, "--direct_running_mode=multi_processing", "--direct_num_workers=2"])
    with pytest.raises(RuntimeError) as raised, beam.Pipeline(options=options) as pipeline:
        pipeline | beam.Create([number]) | beam.Reshuffle() | beam.Map(signal.raise_signal)
    told = unwrap(raised.value)
    assert type(told) is WideDeepError
    assert str(told).startswith("a worker process of Beam ")
    assert number.name in str(told)


def test_so_does_one_that_cannot_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError) as raised:
        ran(tmp_path, "multi_processing", [tmp_path])
    assert "a worker process of Beam ended with exit code 1 before" in str(unwrap(raised.value))


def listening() -> set[str]:
    """Where this process listens: addresses as Linux has them, bytes in hexadecimal, by groups of four turned round."""
    own = {os.readlink(descriptor) for descriptor in Path("/proc/self/fd").iterdir() if descriptor.is_symlink()}
    sockets = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()]
    return {parts[1].split(":")[0] for parts in sockets if parts[3] == "0A" and f"socket:[{parts[9]}]" in own}


def test_nobody_else_on_the_network_reaches_the_workers_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    start = direct_workers.WorkerProcess.start_worker
    monkeypatch.setattr(
        direct_workers.WorkerProcess, "start_worker", lambda worker: (seen.append(listening()), start(worker))
    )
    before = listening()
    ran(tmp_path, "multi_processing", [Path("/proc/self/stat")])
    assert seen[0] - before
    # 127.0.0.1, the same in IPv6's form, and ::1.
    assert seen[0] - before <= {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def test_in_memory_there_is_none(tmp_path: Path) -> None:
    assert ran(tmp_path, "in_memory", [Path("/proc/self/stat")])[0].split()[0] == str(os.getpid())


def test_both_give_the_same(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(40)]
    for path in paths:
        path.write_text(f"of {path.name}")
    expected = sorted(f"of {path.name}" for path in paths)
    assert sorted(ran(tmp_path, "multi_processing", paths)) == sorted(ran(tmp_path, "in_memory", paths)) == expected


def test_each_worker_is_where_the_run_is_and_writes_where_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    server.start([])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OF_THE_RUN", "1")
    code = "print('of', __import__('os').environ['OF_THE_RUN'], __import__('os').getcwd(), flush=True)"
    options = PipelineOptions([ENGINE, "--direct_running_mode=multi_processing", "--direct_num_workers=2"])
    with beam.Pipeline(options=options) as pipeline:
        pipeline | beam.Create([code]) | beam.Reshuffle() | beam.Map(eval)
    assert f"of 1 {tmp_path}\n" in capfd.readouterr().out


def test_workers_draw_different_numbers(tmp_path: Path) -> None:
    options = PipelineOptions([ENGINE, "--direct_running_mode=multi_processing", "--direct_num_workers=2"])
    for number in range(2):
        with beam.Pipeline(options=options) as pipeline:
            (
                pipeline
                | beam.Create(["__import__('numpy').random.random_sample(), __import__('random').random()"])
                | beam.Reshuffle()
                | beam.Map(eval)
                | beam.io.WriteToText(str(tmp_path / str(number)), shard_name_template="")
            )
    first, second = ((tmp_path / str(number)).read_text().strip("()\n").split(", ") for number in range(2))
    assert not {*first} & {*second}
