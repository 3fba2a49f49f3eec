"""A connection for TFX's launcher that waits for a database that is away. (`database` itself needs no TFX.)"""

from __future__ import annotations

from tfx.orchestration import metadata

from widedeep.components.metadata.cluster.database import Database


class PatientHandle(metadata.Metadata):
    """TFX's handle of the metadata, through `Database.open`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.connection)
        self._database = database

    def __enter__(self) -> PatientHandle:
        self._store = self._database.open()
        self._users += 1
        return self
