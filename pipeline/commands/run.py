"""widedeep run: the whole pipeline on local Beam."""

from __future__ import annotations

import sys
from pathlib import Path

import click

NOT_BLESSED = 3


@click.command("run", short_help="Run the whole pipeline on local Beam.")
@click.argument("pipeline", type=click.Path(dir_okay=False, path_type=Path), metavar="PIPELINE.yaml")
@click.option(
    "--workdir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where artifacts, metadata and pushed models go.  [default: work/NAME]",
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a setting: training.epochs=3.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the result.")
def command(pipeline: Path, workdir: Path | None, overrides: tuple[str, ...], json_file: Path | None) -> None:
    """Ingests, validates, transforms, trains, evaluates and pushes, as PIPELINE.yaml says.

    What has not changed since the last run in the same working directory is taken from its cache. Exits with 0
    when a model was pushed, and with 3 when everything ran but the model was not good enough to be pushed.
    """
    from pipeline import config
    from pipeline.session import run_session

    settings = config.load(pipeline, overrides)
    summary = run_session(settings, workdir or Path("work") / settings.name)
    if json_file:
        summary.write(json_file)
    sys.exit(0 if summary.pushed_to else NOT_BLESSED)
