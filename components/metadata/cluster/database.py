"""The metadata database that all nodes of a cluster's runs share, and patience with one that is briefly away."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store

from widedeep.components.common.errors import ConfigError, WideDeepError, reason
from widedeep.components.metadata.cluster.address import PASSWORD, PASSWORD_FILE, parse_address
from widedeep.components.metadata.cluster.postgresql import PostgresqlStore

# A server that takes connections but refuses ours may still be starting; a wrong password stays wrong.
_REFUSED_SECONDS = 30.0
# A call that fails on a database that answers is tried so often: it is no outage.
_CALLS = 3
# What ML Metadata raises when the server goes away under a call, or another writer was faster.
_AWAY = (
    errors.AbortedError,
    errors.DeadlineExceededError,
    errors.InternalError,
    errors.UnavailableError,
    errors.UnknownError,
    RuntimeError,
)

Result = TypeVar("Result")


def tell(text: str) -> None:
    """Says something to whoever reads the log."""
    print(text, file=sys.stderr, flush=True)


class Database:
    """A metadata database, which may be away for a while.

    Attributes:
        connection: ML Metadata's settings, with the password.
        where: the address as messages show it, without the password.
    """

    def __init__(self, url: str, environment: Mapping[str, str], patience: float) -> None:
        """Reads the address.

        Args:
            url: see `parse_address`.
            environment: see `parse_address`.
            patience: for so many seconds a database that is away is waited for.

        Raises:
            ConfigError: the address or the environment can't be used.
        """
        address = parse_address(url, environment)
        self.connection, self.where, self._server = address.connection, address.where, address.server
        self._patience = patience

    def open(self) -> metadata_store.MetadataStore:
        """Connects, and waits for a database that does not answer.

        Raises:
            ConfigError: it answers, and refuses the connection.
            WideDeepError: it did not answer in time, or its file can't be opened.
        """
        started, pause = time.monotonic(), 1.0
        while True:
            try:
                return self.connect()
            except RuntimeError as error:
                problem = self._problem(error)
            limit = self._patience if isinstance(problem, _UnreachableError) else min(self._patience, _REFUSED_SECONDS)
            left = limit - (time.monotonic() - started)
            if left <= 0 or self._server is None:
                raise problem
            tell(f"{problem} Trying again for {left:.0f} s.")
            time.sleep(min(pause, left))
            pause = min(2 * pause, 15.0)

    def connect(self) -> metadata_store.MetadataStore:
        """Connects once. A connection on which a call has failed is not to be used again: MySQL's may crash.

        Raises:
            RuntimeError: it did not work.
        """
        kind = PostgresqlStore if self.connection.HasField("postgresql") else metadata_store.MetadataStore
        return kind(self.connection)

    def retry(self, action: Callable[[], Result]) -> Result:
        """Does something with the database, and does it again when the database went away meanwhile.

        Args:
            action: connects by itself, and bears being repeated after it failed at any point.

        Raises:
            WideDeepError: as `open`.
            Exception: what the action raised though the database answers.
        """
        for _ in range(_CALLS - 1):
            try:
                return action()
            except _AWAY as error:
                tell(f"{self.where}: a call failed: {reason(error)}. Trying it again.")
                self.open()
        return action()

    def _problem(self, error: RuntimeError) -> WideDeepError:
        """Why a connection failed. Only of its tables' version does ML Metadata say anything that could be used."""
        if "library version" in str(error):
            said = str(error).partition(". ")[0]
            return ConfigError(
                f"{self.where}: {said}. A newer database needs the image that wrote it, or a newer one. An older one "
                "can be migrated: keep a dump, and open it once with ML Metadata's enable_upgrade_migration."
            )
        if self._server is None:
            return WideDeepError(f"{self.where}: the metadata can't be opened: {reason(error)}.")
        try:
            socket.create_connection(self._server, timeout=5).close()
        except OSError as refused:
            return _UnreachableError(
                f"{self.where}: the metadata database does not answer: {refused.strerror or refused}."
            )
        return ConfigError(
            f"{self.where}: the metadata database answers, but refuses the connection: user, password or database is "
            f"wrong. The password is taken from {PASSWORD} or {PASSWORD_FILE}."
        )


class _UnreachableError(WideDeepError):
    pass
