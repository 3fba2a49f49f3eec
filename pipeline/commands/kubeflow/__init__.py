"""widedeep kubeflow: the pipeline on a cluster."""

from __future__ import annotations

import click

from widedeep.pipeline.commands.kubeflow.check import check
from widedeep.pipeline.commands.kubeflow.compile import compile_
from widedeep.pipeline.commands.kubeflow.runs import schedule, submit


@click.group("kubeflow", short_help="Run the pipeline on Kubeflow Pipelines.")
def command() -> None:
    """Compiles the pipeline for Kubeflow Pipelines v2, and runs it there once or on a schedule."""


for _command in (compile_, check, submit, schedule):
    command.add_command(_command)
