"""Which pushed version a person means by a folder."""

from __future__ import annotations

from pathlib import Path

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.model_files import EXTRA, FEATURES, ROWS
from widedeep.components.ingest.conversion.row_format import RowFormat
from widedeep.components.pusher.push import versions

_GRAPH = "saved_model.pb"


def trained_form(version: Path) -> RowFormat | None:
    """How the rows were written that a version was trained on; None where it does not tell."""
    path = version / ROWS
    return RowFormat.read(path) if path.is_file() else None


def version_folder(folder: Path) -> Path:
    """The folder itself, where it is a version; of a folder of versions the newest that is whole, as servers take it.

    Raises:
        ConfigError: it is neither.
    """
    if (folder / _GRAPH).is_file() or (folder / EXTRA).is_dir():
        return folder
    whole = [version for version in versions(folder).values() if (version / _GRAPH).is_file()]
    if not whole:
        hint = f" Its versions are in {folder / 'models'}." if (folder / "models").is_dir() else ""
        raise ConfigError(
            f"{folder}: is neither a pushed version (there is no {FEATURES} in it) nor a folder of versions.{hint}"
        )
    return whole[-1]
