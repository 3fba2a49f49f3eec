"""widedeep run: the whole pipeline on local Beam."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from widedeep.components.common.errors import WideDeepError, reason
from widedeep.pipeline.definition.command_options import (
    json_option,
    overrides_option,
    pipeline_argument,
    workdir_option,
    write_result,
)

if TYPE_CHECKING:
    from widedeep.pipeline.record.summary import Summary

# Exit codes with which there is a result: the model was refused; this machine could not try it.
NOT_BLESSED = 3
NOT_TRIED = 4


@click.command("run", short_help="Run the whole pipeline on local Beam.")
@pipeline_argument
@workdir_option
@overrides_option
@json_option
def command(pipeline: Path, workdir: Path | None, overrides: tuple[str, ...], json_file: Path | None) -> None:
    """Ingests, validates, transforms, trains, evaluates and pushes, as PIPELINE.yaml says.

    What has not changed since the last run in the same working directory is taken from its cache. Exits with 0
    when a model was pushed, with 3 when everything ran but the model was not good enough to be pushed, and with 4 when
    this machine could not try it as a server, which is no verdict: the same command tries it again.
    """
    from widedeep.components import features
    from widedeep.components.dryrun.dry_run_options import check_program
    from widedeep.pipeline.definition import config
    from widedeep.pipeline.local.session import open_session
    from widedeep.pipeline.report.terminal import show

    settings = config.load(pipeline, overrides)
    check_program(settings.dry_run)
    with open_session(settings, workdir) as session:
        from widedeep.pipeline.record.builder import summarise

        session.execute()
        summary = summarise(session.run, session.folder, features.load(Path(settings.features)), settings)
        failures = _record(summary, session.folder)
    try:
        show(summary)
        sys.stdout.flush()
    except (OSError, SystemExit):  # the latter is what rich makes of a reader that has gone
        _silence_output()
        failures.append("the results can't be shown: nobody reads them, or the disk is full")
    if json_file:
        try:
            write_result(json_file, summary.text())
        except WideDeepError as error:
            failures.append(str(error))
    # The run has its outcome, whatever became of what tells of it.
    for failure in failures:
        click.echo(f"Error: {failure}", err=True)
    sys.exit(_code(summary))


def _code(summary: Summary) -> int:
    if summary.pushed_to:
        return 0
    return NOT_TRIED if summary.is_open else NOT_BLESSED


def _silence_output() -> None:
    """Else Python would try again, and fail, when the process ends."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _record(summary: Summary, folder: Path) -> list[str]:
    """Writes a run's report and record; says what could not be written."""
    from widedeep.pipeline import report

    failures = []
    written: dict[str, Callable[[Path], None]] = {
        summary.report: partial(report.write, summary),
        str(folder / "run.json"): summary.write,
    }
    for path, write in written.items():
        try:
            write(Path(path))
        except Exception as error:
            logging.exception("%s could not be written", path)
            failures.append(f"{path}: can't be written: {reason(error)}. The log says more: {summary.log}")
    return failures
