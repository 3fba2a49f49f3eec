"""Before a run works in a folder: whether the folder is its pipeline's, and whether what lies there can be built on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import Field

from widedeep.components import features
from widedeep.components.common.errors import ConfigError, RecordError
from widedeep.components.common.records import Record
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.local.workdir import Workdir


class Owner(Record):
    """Whose a working directory is."""

    pipeline: str = Field(description="its name")
    features: str = Field(description="path of the feature declaration that its last run had")
    declared: str = Field(description="that declaration, as JSON")
    label: str = Field(description="its label's column")


def admit(config: PipelineConfig, workdir: Workdir) -> None:
    """Lets a pipeline work in a folder that is new, or its own; brings older metadata to the version of today.

    Args:
        config: the pipeline's settings.
        workdir: the folder, held by the caller.

    Raises:
        ConfigError: the folder is another pipeline's, or its models are of other features; the declaration is wrong.
        WideDeepError: its metadata can't be built on.
    """
    spec = features.load(Path(config.features))
    check_metadata(workdir)
    owner = _owner(workdir)
    _check_name(config, workdir, owner)
    mine = Owner(pipeline=config.name, features=config.features, declared=features.to_json(spec), label=spec.label.key)
    if owner is not None and any(_pushed(workdir)):
        _check_features(mine, owner, workdir)
    if owner != mine:
        mine.write(workdir.owner)


def check_metadata(workdir: Workdir) -> None:
    """Brings older metadata to the version of today, and refuses what a run can't build on: see `admit`."""
    path = workdir.metadata
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        # Ids would begin anew, and with them the names of folders that are there.
        if any(folder.name.isdecimal() for folder in workdir.artifacts.glob("*/*/*")):
            raise ConfigError(
                f"{path}: is gone, which knows what lies in {workdir.artifacts}. Put it back; or move that folder "
                "away, and run everything anew: the pushed versions stay, and the next one gets the next number."
            )
        return
    from widedeep.components.metadata.database_file import bring_up_to_date

    kept = bring_up_to_date(path)
    if kept:
        click.echo(f"{path} is of an earlier version: migrated, and kept as it was in {kept}", err=True)


def _owner(workdir: Workdir) -> Owner | None:
    if not workdir.owner.exists():
        return None
    try:
        return Owner.read(workdir.owner)
    except RecordError as error:
        # Its name still stands in the metadata.
        click.echo(f"{error}", err=True)
        return None


def _check_name(config: PipelineConfig, workdir: Workdir, owner: Owner | None) -> None:
    if not workdir.metadata.is_file() or not workdir.metadata.stat().st_size:
        return
    names = [owner.pipeline] if owner else _pipelines(workdir)
    if names and config.name not in names:
        raise ConfigError(
            f"{workdir.path}: is the working directory of the pipeline '{', '.join(names)}', and this one is "
            f"'{config.name}'. Give it another --workdir (work/{config.name} where none is given)."
        )


def _pipelines(workdir: Workdir) -> list[str]:
    """Of a folder that an earlier version of this package has worked in."""
    from widedeep.components.metadata.executions import pipelines
    from widedeep.components.metadata.store import open_file

    return pipelines(open_file(workdir.metadata))


def _check_features(mine: Owner, owner: Owner, workdir: Workdir) -> None:
    """A declaration may change, and its file may move; but two declarations don't take turns in one folder."""
    if mine.features == owner.features or mine.declared == owner.declared:
        return
    if mine.label == owner.label and not Path(owner.features).exists():
        return
    raise ConfigError(
        f"{mine.features}: the models in {workdir.models} are of other features, those of {owner.features}, and "
        "servers would take one for the other. Give this pipeline another --workdir; or, if these features are to "
        f"follow those, remove {workdir.owner}."
    )


def _pushed(workdir: Workdir) -> Iterator[Path]:
    return (folder for folder in workdir.models.glob("*") if folder.name.isdecimal())
