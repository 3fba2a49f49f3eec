"""widedeep runs: the runs of a working directory side by side."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from widedeep.pipeline.definition.command_options import json_option, write_result


@click.command("runs", short_help="Compare runs: settings that differ, metrics, seconds.")
@click.argument("workdir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many, the newest.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the table as a page, too.")
@json_option
def command(workdir: Path, last: int, html: Path | None, json_file: Path | None) -> None:
    """Compares the finished runs in WORKDIR, the oldest first; the one with the best main metric is bold.

    Of settings, and of the feature declaration (under `declared`), those are shown in which the runs differ, defaults
    filled in; what a search for training options chose stands in their place. The page links to the runs' reports.
    """
    from widedeep.components.common.errors import ConfigError, WideDeepError, reason
    from widedeep.pipeline.local.workdir import Workdir
    from widedeep.pipeline.record.run_comparison import compare_runs
    from widedeep.pipeline.report import runs

    comparison = compare_runs(Workdir(workdir.resolve()).runs, last)
    for unread in comparison.unread:
        click.echo(f"Warning: {unread}", err=True)
    if not comparison.runs:
        raise ConfigError(f"{workdir}: no run has finished there. Start one with: widedeep run PIPELINE.yaml")
    runs.show(comparison)
    if comparison.unfinished:
        click.echo(f"{comparison.unfinished} more did not get to their end", err=True)
    if html:
        try:
            runs.write(comparison, html)
        except OSError as error:
            raise WideDeepError(f"{html}: can't be written: {error.strerror or reason(error)}.") from None
    if json_file:
        write_result(json_file, json.dumps(dataclasses.asdict(comparison), indent=1) + "\n")
