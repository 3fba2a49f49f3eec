"""widedeep kubeflow submit and schedule: a compiled pipeline on the server, once or again and again."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from widedeep.pipeline.commands.kubeflow.options import connection_options, required

if TYPE_CHECKING:
    from widedeep.pipeline.kubeflow.client.compiled_file import CompiledPipeline

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _server_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        (
            click.argument("file", metavar="COMPILED.yaml", type=_FILE),
            connection_options,
            click.option("--experiment", help="Groups runs.  [default: the pipeline's name]"),
            click.option("--name", help="Of the run or schedule.  [default: the pipeline's name]"),
            click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="Of the pipeline: epochs=5."),
            click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing."),
        )
    ):
        function = option(function)
    return function


@click.command()
@_server_options
@click.option("--wait", is_flag=True, help="Show the steps until the run ends; exit with 1 when it fails.")
def submit(
    file: Path,
    host: str | None,
    namespace: str | None,
    token: str | None,
    experiment: str | None,
    name: str | None,
    given: tuple[str, ...],
    dry_run: bool,
    wait: bool,
) -> None:
    """Uploads a compiled pipeline, where the server does not have it yet, and starts a run."""
    from widedeep.pipeline.kubeflow.client.compiled_file import CompiledPipeline, check_names

    compiled = CompiledPipeline.read(file)
    values = compiled.run_parameters(given)
    name = name or f"{compiled.name} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    check_names(name, experiment or compiled.name)
    if dry_run:
        _print_plan(compiled, experiment, {"run": {"display_name": name, "parameters": values}})
        return
    from rich.console import Console

    from widedeep.pipeline.kubeflow.client import pod_logs
    from widedeep.pipeline.kubeflow.client.run_watch import watch
    from widedeep.pipeline.kubeflow.client.server import Server

    server = Server.connect(required(host), namespace, token)
    run_id = server.run(compiled, experiment or compiled.name, name, values)
    click.echo(f"run {run_id}  {server.page(f'/runs/details/{run_id}')}")
    if wait:
        state = watch(lambda: server.state(run_id), compiled.tasks, Console(stderr=True, highlight=False))
        click.echo(state)
        if state == "FAILED":
            for line in pod_logs.tell(run_id, namespace or "kubeflow"):
                click.echo(line, err=True)
        sys.exit(0 if state == "SUCCEEDED" else 1)


@click.command()
@_server_options
@click.option("--cron", required=True, help="Six fields, seconds first: '0 0 3 * * *' is every night at three (UTC).")
def schedule(
    file: Path,
    host: str | None,
    namespace: str | None,
    token: str | None,
    experiment: str | None,
    name: str | None,
    given: tuple[str, ...],
    dry_run: bool,
    cron: str,
) -> None:
    """Runs a compiled pipeline again and again, one run at a time; times that were missed are not made up for."""
    from widedeep.pipeline.kubeflow.client.compiled_file import CompiledPipeline, check_names
    from widedeep.pipeline.kubeflow.client.cron import check_cron

    compiled = CompiledPipeline.read(file)
    values, cron = compiled.run_parameters(given), check_cron(cron)
    name = name or compiled.name
    check_names(name, experiment or compiled.name)
    if dry_run:
        planned = {"display_name": name, "cron": cron, "no_catchup": True, "max_concurrency": 1, "parameters": values}
        _print_plan(compiled, experiment, {"recurring_run": planned})
        return
    from widedeep.pipeline.kubeflow.client.server import Server

    server = Server.connect(required(host), namespace, token)
    schedule_id = server.schedule(compiled, experiment or compiled.name, name, values, cron)
    click.echo(f"recurring run {schedule_id}  {server.page(f'/recurringrun/details/{schedule_id}')}")


def _print_plan(compiled: CompiledPipeline, experiment: str | None, rest: dict[str, Any]) -> None:
    plan = {"pipeline": compiled.name, "version": compiled.version, "experiment": experiment or compiled.name, **rest}
    click.echo(json.dumps(plan, indent=1))
