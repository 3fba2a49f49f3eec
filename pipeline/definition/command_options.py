"""What several commands take."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from widedeep.components.common.bucket_path import BucketPath, location
from widedeep.components.common.errors import ConfigError, WideDeepError, reason


class ResultFile(click.Path):
    """A file that a command writes when it ends: that it can is seen before the command begins."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Raises ConfigError where no file can be written there."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            _try_to_write(path)
        except OSError as error:
            name = param.opts[0] if param else "the result"
            remedy = "Make the folder first, or name another file" if not path.parent.exists() else "Name another file"
            raise ConfigError(f"{name} {path}: can't be written: {_why(error)}. {remedy}.") from None
        return path


def _try_to_write(path: Path) -> None:
    """Changes nothing; raises OSError where it can't be written."""
    target = path.resolve()
    if target.is_file():
        with target.open("r+b"):
            pass
    elif not target.exists():
        # Where a file of the name would lie; a pipe or a device is not tried.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
        if len(os.fsencode(target.name)) > os.pathconf(target.parent, "PC_NAME_MAX"):
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))


def write_result(path: Path, text: str) -> None:
    """Writes what was asked for, once it has been shown. Raises WideDeepError where that fails all the same."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WideDeepError(f"{path}: can't be written: {_why(error)}. What was done stays done.") from None


def _why(error: OSError) -> str:
    return error.strerror or reason(error)


pipeline_argument = click.argument("pipeline", type=click.Path(dir_okay=False, path_type=Path), metavar="PIPELINE.yaml")
workdir_option = click.option(
    "--workdir",
    type=click.Path(path_type=Path),
    help="Where artifacts, metadata and pushed models go.  [default: work/NAME]",
)
overrides_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a setting: training.epochs=3."
)
json_option = click.option("--json", "json_file", type=ResultFile(), metavar="FILE", help="Also write the result.")


class WorkFolder(click.Path):
    """A folder that is there, on this machine or in a bucket."""

    def __init__(self) -> None:
        super().__init__(exists=True, file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        if "://" not in str(value):
            return super().convert(value, param, ctx)
        folder = location(str(value))
        if not folder.is_dir():
            self.fail(f"there is no folder {value}.", param, ctx)
        return folder


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def cluster_options(function: Callable[..., None]) -> Callable[..., None]:
    """Where a cluster has what here lies in the working directory."""
    for option in reversed(
        (
            click.option("--models", type=WorkFolder(), help="On a cluster: the folder of the versions."),
            click.option("--metadata", metavar="URL", help="On a cluster: the database, postgresql://HOST:PORT."),
        )
    ):
        function = option(function)
    return function


def on_cluster(path: Path, models: Path | None, metadata: str | None) -> tuple[Path, str] | None:
    """What says that a cluster's folders are meant; None where it is a working directory.

    Args:
        path: the working directory, or the pipeline root.
        models: as `cluster_options` take it.
        metadata: the same.

    Raises:
        click.UsageError: only one of both is given, or none and the path is that of a bucket.
    """
    if isinstance(path, BucketPath) and models is None and metadata is None:
        raise click.UsageError(f"{path} lies in a bucket: --models and --metadata say where all else is.")
    if (models is None) != (metadata is None):
        raise click.UsageError("--models and --metadata go together: both say where a cluster has what is its own.")
    return None if models is None or metadata is None else (models, metadata)


def client_options(function: Callable[..., None]) -> Callable[..., None]:
    """What commands take that send rows of a file to a server."""
    for option in reversed(
        (
            click.option("--separator", default="|", show_default=True, help="Between a set's members in CSV."),
            click.option("--tls-ca", type=_FILE, help="Whom to trust: encrypts the connection."),
            click.option("--tls-cert", type=_FILE, help="The client's certificate, where the server asks for one."),
            click.option("--tls-key", type=_FILE, help="Its key."),
        )
    ):
        function = option(function)
    return function
