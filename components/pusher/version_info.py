"""What a pushed version tells of itself, in two files that servers leave alone: its metrics, and its lineage."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from widedeep.components.common.errors import RecordError
from widedeep.components.common.records import Record, SparseRecord
from widedeep.components.evaluator.results import Metrics
from widedeep.components.features.model_files import ROWS

METRICS = "assets.extra/metrics.json"
LINEAGE = "assets.extra/lineage.json"
# Without these two pushes of one model are the same.
INFO_FILES = (METRICS, LINEAGE, ROWS)


class ModelArtifact(Record):
    """The Trainer's artifact of a model."""

    id: int = Field(description="in ML Metadata")
    uri: str = Field(description="its folder")


class Baseline(ModelArtifact):
    """The model that a version was compared with."""

    version: int | None = Field(description="that held it; null where none is known")


class Data(Record):
    """A span that a version was trained on."""

    span: int = Field(description="its number; 0 where the data has no spans")
    version: int | None = Field(description="of the span; null where it has none")
    fingerprint: str = Field(description="of the files that were read")
    uri: str = Field(description="of the raw examples")


class Rollback(Record):
    """The rollback that put a version back."""

    to: int = Field(description="the version that serves again")
    from_: int = Field(alias="from", description="the version that served before")
    at: str = Field(description="when, UTC, ISO 8601")


class Lineage(Record):
    """Where a version comes from."""

    pipeline: str | None = Field(None, description="name of the pipeline")
    run: str | None = Field(None, description="id of the run")
    pushed: str | None = Field(None, description="when, UTC, ISO 8601")
    model: ModelArtifact | None = Field(None, description="that the version holds")
    baseline: Baseline | None = Field(None, description="that it was compared with; null where there was none")
    data: list[Data] = Field([], description="that it was trained on, by span")
    code: dict[str, str] = Field({}, description="digest of the code behind each step")
    libraries: dict[str, str] = Field({}, description="their versions")
    rollback: Rollback | None = Field(None, description="that put it back; null where a run pushed it")


class VersionMetrics(SparseRecord):
    """The metrics on the evaluation's rows."""

    candidate: Metrics | None = Field(None, description="the version's own")
    baseline: Metrics | None = Field(
        None, description="those of the model that it was compared with, where there was one"
    )


InfoFile = TypeVar("InfoFile", bound=Record)


def read_lineage(version: Path) -> Lineage | None:
    """Where a version comes from; None where it does not tell, or not in a way that can be read."""
    return _read(Lineage, version / LINEAGE)


def read_metrics(version: Path) -> VersionMetrics | None:
    """A version's metrics; None where it does not tell, or not in a way that can be read."""
    return _read(VersionMetrics, version / METRICS)


def _read(kind: type[InfoFile], path: Path) -> InfoFile | None:
    if not path.is_file():
        return None
    try:
        return kind.read(path)
    except RecordError as error:
        # Servers take the version all the same.
        logging.warning("%s", error)
        return None


def first_pushed_as(version: Path) -> int:
    """The version under which a run pushed what a rollback may have put back as this one."""
    lineage = read_lineage(version)
    return lineage.rollback.to if lineage and lineage.rollback else int(version.name)
