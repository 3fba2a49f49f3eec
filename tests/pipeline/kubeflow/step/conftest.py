"""The metadata database of the metadata room's own tests."""

from __future__ import annotations

from tests.components.metadata.conftest import database, execute, store

__all__ = ["database", "execute", "store"]
