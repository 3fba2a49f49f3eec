"""widedeep kubeflow compile: the pipeline as a file for the server."""

from __future__ import annotations

import os
from pathlib import Path

import click

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.commands.kubeflow.options import image_option, with_image
from widedeep.pipeline.definition.command_options import overrides_option, pipeline_argument


@click.command("compile")
@pipeline_argument
@overrides_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@image_option
def compile_(pipeline: Path, overrides: tuple[str, ...], out: Path, image: str | None) -> None:
    """Writes PIPELINE.yaml as a pipeline of Kubeflow: a task for each component, and where and how it runs.

    The image holds PIPELINE.yaml too; what --set changes is passed on to its containers. The group `kubeflow` of
    PIPELINE.yaml says which storage, database, resources and retries the steps have.
    """
    from widedeep.pipeline.definition import config

    if out.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"--out {out}: the name of the file must end in .yaml.")
    overrides = with_image(overrides, image)
    settings = config.load(pipeline, overrides)
    from widedeep.pipeline.local.output_log import log_output

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        there = out.exists()
        with out.open("a"):
            pass
        if not there:
            out.unlink()
    except OSError as error:
        raise ConfigError(f"--out {out}: can't be written: {error.strerror}.") from None
    # TensorFlow's words at its start, which no setting silences.
    with log_output(Path(os.devnull)):
        from widedeep.pipeline.kubeflow.compiler import spec

        spec.write(settings, pipeline, overrides, out)
    click.echo(out)
