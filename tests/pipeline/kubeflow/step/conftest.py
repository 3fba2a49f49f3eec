"""The metadata database of the metadata room's own tests, and a running JobManager."""

from __future__ import annotations

from tests.components.metadata.conftest import database, execute, store
from tests.pipeline.launcher.conftest import job_manager

__all__ = ["database", "execute", "job_manager", "store"]
