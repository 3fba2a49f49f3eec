"""widedeep run: the whole pipeline on local Beam."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from widedeep.pipeline.definition.command_options import overrides_option, pipeline_argument, workdir_option

NOT_BLESSED = 3


@click.command("run", short_help="Run the whole pipeline on local Beam.")
@pipeline_argument
@workdir_option
@overrides_option
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the result.")
def command(pipeline: Path, workdir: Path | None, overrides: tuple[str, ...], json_file: Path | None) -> None:
    """Ingests, validates, transforms, trains, evaluates and pushes, as PIPELINE.yaml says.

    What has not changed since the last run in the same working directory is taken from its cache. Exits with 0
    when a model was pushed, and with 3 when everything ran but the model was not good enough to be pushed.
    """
    from widedeep.components import features
    from widedeep.pipeline.definition import config
    from widedeep.pipeline.local.session import open_session
    from widedeep.pipeline.report.terminal import show

    settings = config.load(pipeline, overrides)
    with open_session(settings, workdir) as session:
        from widedeep.pipeline import report
        from widedeep.pipeline.record.builder import summarise

        session.execute()
        summary = summarise(session.run, session.folder, features.load(Path(settings.features)))
        report.write(summary, Path(summary.report))
        summary.write(session.folder / "run.json")
    if json_file:
        json_file.write_text(summary.text(), encoding="utf-8")
    show(summary)
    sys.exit(0 if summary.pushed_to else NOT_BLESSED)
