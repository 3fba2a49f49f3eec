"""The draft's folder: read by our own readers first, and then written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.features import schema as schemas
from widedeep.components.features.spec import FeatureSpec
from widedeep.pipeline.definition import config
from widedeep.pipeline.definition.early_checks import check_settings

FILES = ("features.yaml", "schema.pbtxt", "pipeline.yaml")


def refuse_existing(out: Path, force: bool) -> None:
    """Refuses to overwrite.

    Raises:
        ConfigError: a file of the draft is there, and nobody said --force; or the folder is a file.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out}: is a file. Name a folder.")
    there = [name for name in FILES if (out / name).exists()]
    if there and not force:
        raise ConfigError(f"--out {out}: has {', '.join(there)}. Nothing was written: name another folder, or --force.")


def read_spec(text: str) -> FeatureSpec:
    """The declaration, as `run` will read it. Raises ConfigError where it can't be read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILES[0]
        path.write_text(text, encoding="utf-8")
        return features.load(path)


def write_draft(out: Path, texts: Mapping[str, str]) -> None:
    """Writes the files, once all of them can be read.

    They are written beside the folder and moved into it: one that is new is there whole or not at all.

    Raises:
        ConfigError: a file can't be read by our own readers, or can't be written.
    """
    target = out.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise ConfigError(f"--out {out}: can't be written: {error.strerror}.") from None
    try:
        # As any new folder, not as a temporary one.
        staging.chmod(0o777 & ~_umask())
        for name, text in texts.items():
            (staging / name).write_text(text, encoding="utf-8")
        _check(staging)
        if not target.exists():
            os.replace(staging, target)
            return
        for name in texts:
            os.replace(staging / name, target / name)
    except OSError as error:
        raise ConfigError(f"--out {out}: can't be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _check(folder: Path) -> None:
    settings = config.load(folder / "pipeline.yaml")
    spec = features.load(folder / "features.yaml")
    path = folder / "schema.pbtxt"
    schemas.check_agreement(spec, schemas.read(path), path)
    check_settings(settings, spec)
