"""The end of `widedeep run`: its results are shown, and its exit code is the run's, whatever can't be written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

import pytest
from click.testing import CliRunner, Result

from widedeep.components.dryrun.dry_run_record import Check, DryRunRecord
from widedeep.components.trainer.training.training_record import WidePart
from widedeep.pipeline import report
from widedeep.pipeline.commands.pipelines.run import command
from widedeep.pipeline.local import session
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report import terminal


class Finished:
    """A pipeline whose run has come to its end."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder / "run", monkeypatch
        self.folder.mkdir()
        self.pipeline = folder / "pipeline.yaml"
        self.pipeline.write_text("name: rides\ndata: {path: d, format: csv, splits: {train: a, eval: b, test: c}}\n")
        (folder / "features.yaml").write_text(
            "label: {key: tip}\nfeatures:\n- {key: km, kind: numeric, side: context, deep: {}, transform: {log: {}}}\n"
        )

        @contextmanager
        def opened(*_: Any) -> Iterator[Any]:
            yield SimpleNamespace(execute=lambda: None, run=None, folder=self.folder)

        monkeypatch.setattr(session, "open_session", opened)

    def ended(
        self, *arguments: object, pushed_to: str | None = "models/1", dry_run: DryRunRecord | None = None
    ) -> Result:
        summary = Summary(
            run_id="1",
            pipeline="rides",
            components=[],
            metrics={"candidate": {"auc": 0.75}},
            slices={},
            blessed=pushed_to is not None,
            refusals=[] if pushed_to else ["auc is 0.75"],
            warnings=[],
            pushed_to=pushed_to,
            training=[],
            crosses=[],
            wide=WidePart(rows=0, nonzero=0),
            base=None,
            dry_run=dry_run,
            log="log.txt",
            report=str(self.folder / "report.html"),
        )
        builder: Any = ModuleType("builder")
        builder.summarise = lambda *_: summary
        self.monkeypatch.setitem(sys.modules, "widedeep.pipeline.record.builder", builder)
        return CliRunner().invoke(command, [str(self.pipeline), *map(str, arguments)])


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finished:
    return Finished(tmp_path, monkeypatch)


@pytest.mark.parametrize(("pushed_to", "code"), [("models/1", 0), (None, 3)])
def test_a_result_that_cant_be_written_in_the_end(finished: Finished, pushed_to: str | None, code: int) -> None:
    ran = finished.ended("--json", "/dev/full", pushed_to=pushed_to)
    assert ran.exit_code == code, ran.output
    assert "0.7500" in ran.stdout
    assert ran.stderr == "Error: /dev/full: can't be written: No space left on device. What was done stays done.\n"
    assert Summary.read(finished.folder / "run.json").pushed_to == pushed_to


@pytest.mark.parametrize(("measures", "code"), [("machine", 4), ("model", 3)])
def test_a_fault_of_the_machine_is_no_verdict(
    finished: Finished, measures: Literal["machine", "model"], code: int
) -> None:
    check = Check(name="a", value=2, limit=1, ok=False, said="a: 2, at most 1 is allowed", measures=measures)
    ran = finished.ended(pushed_to=None, dry_run=DryRunRecord(server="stand_in", checks=[check]))
    assert ran.exit_code == code


def test_a_report_that_cant_be_written(finished: Finished) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    finished.monkeypatch.setattr(report, "write", full)
    ran = finished.ended()
    assert ran.exit_code == 0
    assert "0.7500" in ran.stdout
    told = f"Error: {finished.folder}/report.html: can't be written: [Errno 28] No space left on device. The log says"
    assert ran.stderr.startswith(told)
    assert (finished.folder / "run.json").is_file()


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), SystemExit(1)], ids=["full", "gone"])
def test_results_that_nobody_reads(finished: Finished, fault: BaseException, tmp_path: Path) -> None:
    def fails(_: Summary) -> None:
        raise fault

    finished.monkeypatch.setattr(terminal, "show", fails)
    finished.monkeypatch.setattr("widedeep.pipeline.commands.pipelines.run._silence_output", lambda: None)
    ran = finished.ended("--json", tmp_path / "result.json", pushed_to=None)
    assert ran.exit_code == 3
    assert ran.stderr == "Error: the results can't be shown: nobody reads them, or the disk is full\n"
    assert Summary.read(tmp_path / "result.json").pushed_to is None


def test_a_result_that_can_never_be_written_stops_the_run_before_it_begins(finished: Finished, tmp_path: Path) -> None:
    ran = finished.ended("--json", tmp_path / "no" / "result.json")
    assert ran.exit_code == 1  # as the exception; the command line makes it 2
    assert ran.stdout == ""
    assert list(finished.folder.iterdir()) == []
