"""A connection that knows whether a call on it has failed: it is not to be used again then. MySQL's may crash."""

from __future__ import annotations

from typing import Any

from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store

# What ML Metadata raises when the server goes away under a call, or another writer was faster.
AWAY = (
    errors.AbortedError,
    errors.DeadlineExceededError,
    errors.InternalError,
    errors.UnavailableError,
    errors.UnknownError,
    RuntimeError,
)


class WatchedStore(metadata_store.MetadataStore):
    """ML Metadata's store.

    Attributes:
        failed: whether the database went away under a call.
    """

    failed = False

    def _call_method(self, method_name: str, request: Any, response: Any) -> None:
        try:
            super()._call_method(method_name, request, response)
        except AWAY:
            self.failed = True
            raise
