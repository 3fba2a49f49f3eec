"""The direct runner's worker processes: they are ours, compute what Beam's do, and end with the pipeline."""

from __future__ import annotations

import operator
import os
import sys
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from widedeep.components.common.process import direct_worker, lean_imports

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
    status, command = ran(tmp_path, "multi_processing", [Path("/proc/self/stat")]), Path("/proc/self/cmdline")
    worker = int(status[0].split()[0])
    assert worker != os.getpid()
    assert not Path(f"/proc/{worker}").exists()
    [said] = ran(tmp_path, "multi_processing", [command])
    assert said.split("\0")[:4] == [sys.executable, "-P", "-m", direct_worker.__name__]


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


def test_in_memory_there_is_none(tmp_path: Path) -> None:
    assert ran(tmp_path, "in_memory", [Path("/proc/self/stat")])[0].split()[0] == str(os.getpid())


def test_both_give_the_same(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(40)]
    for path in paths:
        path.write_text(f"of {path.name}")
    expected = sorted(f"of {path.name}" for path in paths)
    assert sorted(ran(tmp_path, "multi_processing", paths)) == sorted(ran(tmp_path, "in_memory", paths)) == expected


def test_a_worker_imports_leanly_and_ends_as_soon_as_it_has_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[object] = []
    monkeypatch.setattr(lean_imports, "install", lambda: happened.append("lean"))
    monkeypatch.setattr("apache_beam.runners.worker.sdk_worker_main.main", lambda _: happened.append("worked"))
    monkeypatch.setattr(os, "_exit", happened.append)
    direct_worker.main()
    assert happened == ["lean", "worked", 0]


def test_a_worker_that_fails_does_not_end_as_if_it_had_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise ConnectionError("no runner")

    monkeypatch.setattr(lean_imports, "install", lambda: None)
    monkeypatch.setattr("apache_beam.runners.worker.sdk_worker_main.main", fail)
    monkeypatch.setattr(os, "_exit", lambda _: pytest.fail("it ended"))
    with pytest.raises(ConnectionError, match="no runner"):
        direct_worker.main()
