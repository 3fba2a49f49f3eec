"""widedeep models: the pushed versions, and putting an earlier one back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition.command_options import (
    WorkFolder,
    cluster_options,
    json_option,
    on_cluster,
    write_result,
)

if TYPE_CHECKING:
    from rich.table import Table

    from widedeep.components.metadata.store import Store
    from widedeep.pipeline.local.workdir import Workdir
    from widedeep.pipeline.versions.listing import Version
    from widedeep.pipeline.versions.rollback import RollbackResult


@click.command("models", short_help="List the pushed versions, or put an earlier one back.")
@click.argument("path", metavar="WORKDIR", type=WorkFolder())
@click.argument("action", metavar="[rollback", required=False, type=click.Choice(["rollback"]))
@click.argument("version", metavar="VERSION]", required=False, type=click.IntRange(0))
@cluster_options
@json_option
def command(
    path: Path,
    action: str | None,
    version: int | None,
    models: Path | None,
    metadata: str | None,
    json_file: Path | None,
) -> None:
    """Lists the pushed versions of WORKDIR (as work/movielens) with their metrics, and which one serves.

    `widedeep models WORKDIR rollback VERSION` puts an earlier one back. It gets the next number, so that every server
    that polls takes it up. The models that served after it are marked: no later run takes them as its baseline, starts
    from them, or pushes them again. A rollback to such a model takes the mark away.

    On a cluster WORKDIR is the pipeline root, on its volume or in a bucket (gs://); user, password and name of the
    database are in the environment, as a step has them. A run that is under way there goes on,
    and may push what it trains.
    """
    if action and version is None:
        raise click.UsageError("rollback needs a version: widedeep models WORKDIR rollback VERSION")
    workdir, lock = _opened(path, on_cluster(path, models, metadata))
    if action and version is not None:
        _known(workdir)
        with lock as store:
            from widedeep.pipeline.versions.rollback import rollback

            done = rollback(workdir, version, store)
        _tell(done)
        if json_file:
            write_result(json_file, json.dumps(dataclasses.asdict(done), indent=1) + "\n")
        return
    versions = _known(workdir)
    from rich.console import Console

    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 200
    console.print(_table(versions))
    if json_file:
        from widedeep.pipeline.versions.listing import Versions

        write_result(json_file, Versions(versions=versions).text())


def _opened(path: Path, cluster: tuple[Path, str] | None) -> tuple[Workdir, AbstractContextManager[Store | None]]:
    """The folders, and what to hold while something is changed there: a cluster's metadata come with it."""
    from widedeep.pipeline.local.workdir import Workdir, lock

    if cluster is None:
        return Workdir(path.resolve()), _without_store(lock(path))
    from widedeep.pipeline.local.cluster_workdir import ClusterWorkdir

    workdir = ClusterWorkdir.of(path, *cluster)
    return workdir, workdir.lock_pushes()


@contextmanager
def _without_store(lock: AbstractContextManager[Workdir]) -> Iterator[None]:
    with lock:
        yield None


def _known(workdir: Workdir) -> list[Version]:
    from widedeep.pipeline.versions.listing import listed

    versions = listed(workdir)
    if not versions:
        raise ConfigError(f"{workdir.path}: no model has been pushed there. Push one with: widedeep run PIPELINE.yaml")
    return versions


def _tell(done: RollbackResult) -> None:
    if done.instead_of is None:
        of = "" if done.version == done.put_back else f", which holds the model of version {done.put_back},"
        click.echo(f"version {done.version}{of} already serves")
    else:
        click.echo(f"version {done.version} serves: version {done.put_back} again, in place of {done.instead_of}")
    if done.passed_over is None:
        click.echo(
            f"The metadata know of no run that pushed version {done.put_back}: the next run's baseline is what it "
            "would have been.",
            err=True,
        )
    elif done.passed_over:
        click.echo(f"no run will start from, compare with or push again: {', '.join(map(str, done.passed_over))}")


def _table(versions: list[Version]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from widedeep.components.common.metrics import in_order, is_of_lists
    from widedeep.pipeline.report.numbers import fixed, number

    names = {name for version in versions for name in version.metrics.candidate or {}}
    # Those of lists, ten and more, would burst the table; the runs' reports have them.
    metrics = [name for name in in_order(names) if not is_of_lists(name)]
    table = Table(box=None, pad_edge=False)
    for head in ("version", "pushed", *metrics, "baseline", "span", "run", "size", ""):
        table.add_column(head, justify="right" if head in (*metrics, "version", "size") else "left", no_wrap=True)
    for version in versions:
        values = version.metrics.candidate or {}
        # Text, since a run's name may look like rich's markup.
        cells = [_time(version.pushed), *(fixed(number(values.get(name))) for name in metrics), *_origin(version)]
        table.add_row(str(version.version), *map(Text, [*cells, _size(version), _note(version)]))
    return table


def _time(pushed: str | None) -> str:
    return pushed[:16].replace("T", " ") if pushed else "n/a"


def _origin(version: Version) -> tuple[str, str, str]:
    """Baseline, spans and run."""
    if version.run is None:
        return "n/a", "n/a", "n/a"
    baseline = "none"
    if version.baseline:
        held_by = version.baseline.version
        baseline = f"version {held_by}" if held_by is not None else f"model {version.baseline.id}"
    first, last = min(version.spans), max(version.spans)
    return baseline, str(first) if first == last else f"{first} to {last}", version.run


def _size(version: Version) -> str:
    from rich import filesize

    return filesize.decimal(version.bytes)


def _note(version: Version) -> str:
    notes = ["serves"] if version.serves else []
    if version.rollback:
        notes.append(f"version {version.rollback.to} again, in place of {version.rollback.from_}")
    return ", ".join(notes)
