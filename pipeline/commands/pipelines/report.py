"""widedeep report: the report of the last run."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report", short_help="Write the HTML report of the last run again.")
@click.argument("workdir", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(workdir: Path) -> None:
    """Writes the report of the last finished run in WORKDIR again and prints its path."""
    from widedeep.components.common.errors import WideDeepError, reason
    from widedeep.pipeline import report
    from widedeep.pipeline.local.workdir import Workdir
    from widedeep.pipeline.record.summary import Summary

    folder = Workdir(workdir.resolve()).last_run()
    path = folder / "report.html"
    summary = Summary.read(folder / "run.json")
    try:
        report.write(summary, path)
    except OSError as error:
        raise WideDeepError(f"{path}: can't be written: {error.strerror or reason(error)}.") from None
    click.echo(path)
