"""What several commands take."""

from __future__ import annotations

from pathlib import Path

import click

pipeline_argument = click.argument("pipeline", type=click.Path(dir_okay=False, path_type=Path), metavar="PIPELINE.yaml")
workdir_option = click.option(
    "--workdir",
    type=click.Path(path_type=Path),
    help="Where artifacts, metadata and pushed models go.  [default: work/NAME]",
)
overrides_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a setting: training.epochs=3."
)
