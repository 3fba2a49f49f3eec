"""The folder that one pipeline works in: its metadata, artifacts, pushed models and the record of each run."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.local.plain_path import plain_path


@dataclass(frozen=True)
class Workdir:
    """Paths under the folder. Nothing else may write there."""

    path: Path
    # Whether others may work there at the same time: then what the metadata don't know is left alone.
    shared: ClassVar[bool] = False

    @property
    def metadata(self) -> Path:
        """ML Metadata's SQLite file."""
        return self.path / "metadata.sqlite"

    @property
    def artifacts(self) -> Path:
        """TFX's pipeline root, by a path that Beam takes literally."""
        return plain_path(self.path) / "artifacts"

    @property
    def models(self) -> Path:
        """The pushed versions, as TF Serving reads them."""
        return self.path / "models"

    @property
    def owner(self) -> Path:
        """Whose it is (see pipeline/local/admission.py)."""
        return self.path / "workdir.json"

    @property
    def schemas(self) -> Path:
        """The schemas that runs import (see pipeline/definition/schema_file.py)."""
        return self.path / "schemas"

    @property
    def runs(self) -> Path:
        """One folder a run: log.txt, run.json, report.html."""
        return self.path / "runs"

    @property
    def frames(self) -> Path:
        """The DataFrames that a run was given from Python, a file a split."""
        return self.path / "frames"

    def new_run(self) -> Path:
        """Makes the folder of a new run, named by the time; names sort as the runs do."""
        now = datetime.now(UTC)
        folder = self.runs / now.strftime("%Y%m%d-%H%M%S-%f")
        folder.mkdir(parents=True)
        return folder

    def last_run(self) -> Path:
        """The folder of the last finished run. Raises ConfigError where there is none."""
        finished = sorted(self.runs.glob("*/run.json"))
        if not finished:
            raise ConfigError(f"{self.path}: no run has finished there. Start one with: widedeep run PIPELINE.yaml")
        return finished[-1].parent


@contextmanager
def lock(path: Path) -> Iterator[Workdir]:
    """Opens a folder for one run at a time.

    The lock ends with the process, however it ends.

    Raises:
        ConfigError: the folder can't be made or written.
        WideDeepError: another run holds it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
        descriptor = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ConfigError(
            f"{path}: the working directory can't be written: {reason}. Choose another with --workdir."
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WideDeepError(
                f"{path}: another run works there. Wait for it; a run may also have a --workdir of its own."
            ) from None
        yield Workdir(path.resolve())
    finally:
        os.close(descriptor)
