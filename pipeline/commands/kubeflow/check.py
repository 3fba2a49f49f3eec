"""widedeep kubeflow check: whether a cluster has what a run needs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from widedeep.pipeline.commands.kubeflow.options import connection_options, image_option, required, with_image
from widedeep.pipeline.definition.command_options import overrides_option, pipeline_argument


@click.command()
@pipeline_argument
@overrides_option
@image_option
@connection_options
@click.option("--dry-run", is_flag=True, help="Print the Job that would look from inside, and ask nobody.")
def check(
    pipeline: Path,
    overrides: tuple[str, ...],
    image: str | None,
    host: str | None,
    namespace: str | None,
    token: str | None,
    dry_run: bool,
) -> None:
    """Says before the first run whether the cluster has what PIPELINE.yaml needs: a line each, and what to do.

    Asked are the Kubeflow Pipelines server and, with your kubeconfig, the cluster: the namespace, the Secret, the
    claims. A small Job with the pipeline's own image then says whether it can be pulled, and whether steps can write
    to the claims and reach the metadata database; it is removed again. Exits with 1 when anything is missing.
    """
    from widedeep.pipeline.definition import config

    settings = config.load(pipeline, with_image(overrides, image))
    if dry_run:
        from widedeep.pipeline.kubeflow.check import job

        click.echo(job.as_yaml(job.manifest(settings, namespace or job.NAMESPACE, multi_user=None)), nl=False)
        return
    from widedeep.pipeline.kubeflow.check import findings

    missing = False
    for finding in findings.of_all(settings, required(host), namespace, token):
        missing |= finding.remedy is not None
        click.echo(finding.told())
    sys.exit(1 if missing else 0)
