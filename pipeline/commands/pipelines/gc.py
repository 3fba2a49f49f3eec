"""widedeep gc: gives back the disk space of earlier runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition.command_options import (
    WorkFolder,
    cluster_options,
    json_option,
    on_cluster,
    write_result,
)
from widedeep.pipeline.local.plain_path import plain_path

if TYPE_CHECKING:
    from rich.table import Table

    from widedeep.pipeline.gc.plan import Plan


@click.command("gc", short_help="Give back the disk space of earlier runs.")
@click.argument("path", metavar="WORKDIR", type=WorkFolder())
@click.option("--keep", type=click.IntRange(1), required=True, metavar="N", help="Finished runs to keep, the last.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@cluster_options
@json_option
def command(
    path: Path, keep: int, dry_run: bool, models: Path | None, metadata: str | None, json_file: Path | None
) -> None:
    """Removes what earlier runs left in WORKDIR (as work/movielens) but for what is needed.

    Needed are: all that the last N finished runs used, and runs since the first of them; the models behind the pushed
    versions; the rows that the version that serves was trained on; the last blessed model; the spans of the training
    window. Pushed versions stay as they are. Interrupted, the same command carries on.

    On a cluster WORKDIR is the pipeline root, on its volume or in a bucket (gs://); user, password and name of the
    database are in the environment, as a step has them. Steps that want to work meanwhile
    wait; while one works, nothing is removed.
    """
    cluster = on_cluster(path, models, metadata)
    plan = _collect_shared(path, *cluster, dry_run, keep) if cluster else _collect(path, dry_run, keep)
    _show(plan, path.resolve(), dry_run)
    if json_file:
        write_result(json_file, json.dumps(_record(plan, path.resolve(), dry_run), indent=1) + "\n")


def _collect(path: Path, dry_run: bool, keep: int) -> Plan:
    from widedeep.pipeline.local.workdir import Workdir, lock

    if not Workdir(path.resolve()).metadata.is_file():
        raise ConfigError(f"{path}: no run has worked there, so there is nothing to remove.")
    with lock(path) as workdir:
        from widedeep.components.metadata.inventory_reader import read_inventory
        from widedeep.components.metadata.store import open_file
        from widedeep.pipeline.gc.collect import collect
        from widedeep.pipeline.gc.plan import make_plan

        store = open_file(workdir.metadata, to_write=not dry_run)
        plan = make_plan(read_inventory(store), workdir, keep)
        if not dry_run:
            collect(store, plan)
    return plan


def _collect_shared(root: Path, models: Path, metadata: str, dry_run: bool, keep: int) -> Plan:
    from widedeep.components.metadata.inventory_reader import read_inventory
    from widedeep.pipeline.gc.collect import collect
    from widedeep.pipeline.gc.plan import make_plan
    from widedeep.pipeline.local.cluster_workdir import ClusterWorkdir

    workdir = ClusterWorkdir.of(root, models, metadata)
    with workdir.lock():
        store = workdir.database.open()
        plan = make_plan(read_inventory(store, str(workdir.artifacts)), workdir, keep)
        if not dry_run:
            collect(store, plan)
    return plan


def _show(plan: Plan, folder: Path, dry_run: bool) -> None:
    from rich import filesize
    from rich.console import Console

    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 200
    if plan.remove:
        console.print(_removals_table(plan, folder, dry_run))
    console.print(_kept_table(plan))
    click.echo(f"{'would free' if dry_run else 'freed'} {filesize.decimal(plan.bytes)}")


def _removals_table(plan: Plan, folder: Path, dry_run: bool) -> Table:
    from rich import filesize
    from rich.table import Table
    from rich.text import Text

    table = Table("would be removed" if dry_run else "removed", box=None, pad_edge=False)
    table.add_column("size", justify="right")
    table.add_column("why")
    for removal in plan.remove:
        # Text, since a path may look like rich's markup.
        table.add_row(Text(_within(removal.path, folder)), filesize.decimal(removal.bytes), Text(removal.why))
    return table


def _within(path: Path, folder: Path) -> str:
    """Artifacts may be known by a link to the folder."""
    base = folder if path.is_relative_to(folder) else plain_path(folder)
    return str(path.relative_to(base))


def _kept_table(plan: Plan) -> Table:
    from rich import filesize
    from rich.table import Table
    from rich.text import Text

    table = Table("kept", box=None, pad_edge=False)
    table.add_column("size", justify="right")
    table.add_column("why")
    for group in plan.kept:
        table.add_row(f"{group.artifacts:,} artifacts", filesize.decimal(group.bytes), Text(group.why))
    return table


def _record(plan: Plan, folder: Path, dry_run: bool) -> dict[str, Any]:
    return {
        "workdir": str(folder),
        "dry_run": dry_run,
        "marked": [artifact.id for artifact in plan.mark],
        "removed": [{"path": str(removal.path), "bytes": removal.bytes, "why": removal.why} for removal in plan.remove],
        "freed": plan.bytes,
        "kept": [{"why": group.why, "artifacts": group.artifacts, "bytes": group.bytes} for group in plan.kept],
    }
