"""The metadata database that all nodes of a cluster's runs share, and patience with one that is briefly away."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from widedeep.components.common.errors import ConfigError, WideDeepError, reason
from widedeep.components.metadata.cluster.address import PASSWORD, PASSWORD_FILE, parse_address
from widedeep.components.metadata.cluster.postgresql import PostgresqlStore
from widedeep.components.metadata.cluster.watched_store import AWAY, WatchedStore

# A server that takes connections but refuses ours may still be starting; a wrong password stays wrong.
_REFUSED_SECONDS = 30.0
# What ML Metadata says where several processes make a new database's tables at once: true of a moment, as a rule.
_BEING_MADE = ("Concurrent writes", "subset of tables")
# A call that fails on a database that answers is tried so often: it is no outage.
_CALLS = 3
# A connection that nobody has used for so long may be cut somewhere on the way, where it would seem to hang.
_IDLE_SECONDS = 30.0

Result = TypeVar("Result")


def tell(text: str) -> None:
    """Says something to whoever reads the log."""
    print(text, file=sys.stderr, flush=True)


class _Kept(threading.local):
    """A thread's last connection, and when it was asked for."""

    store: WatchedStore | None = None
    used = 0.0

    def answers(self) -> bool:
        if self.store is None or self.store.failed or time.monotonic() - self.used > _IDLE_SECONDS:
            return False
        try:
            self.store.get_context_types()
        except AWAY:
            return False
        return True


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
        self._kept = _Kept()

    def open(self) -> WatchedStore:
        """Connects, and waits for a database that does not answer.

        For each connection ML Metadata looks at all of its tables, with some forty questions: a thread that asks again
        gets the one it had, where that still answers.

        Raises:
            ConfigError: it answers, and refuses the connection.
            WideDeepError: it did not answer in time, or its file can't be opened.
        """
        if not self._kept.answers():
            self._kept.store = None
            self._kept.store = self._opened()
        assert self._kept.store is not None
        self._kept.used = time.monotonic()
        return self._kept.store

    def _opened(self) -> WatchedStore:
        started, pause = time.monotonic(), 1.0
        while True:
            try:
                return self.connect()
            except RuntimeError as error:
                problem = self._problem(error)
                passing = self._server is not None or _being_made(error)
            limit = self._patience if isinstance(problem, _UnreachableError) else min(self._patience, _REFUSED_SECONDS)
            left = limit - (time.monotonic() - started)
            if left <= 0 or not passing:
                raise problem
            tell(f"{problem} Trying again for {left:.0f} s.")
            time.sleep(min(pause, left))
            pause = min(2 * pause, 15.0)

    def connect(self) -> WatchedStore:
        """Connects once.

        Raises:
            RuntimeError: it did not work.
        """
        kind = PostgresqlStore if self.connection.HasField("postgresql") else WatchedStore
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
            except AWAY as error:
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
        if _being_made(error):
            return WideDeepError(
                f"{self.where}: another process makes the metadata's tables, or some of them are missing: "
                f"{reason(error).partition('. ')[0].rstrip('.')}. "
                "If no other process does, put back a copy of the database, or begin with an empty one."
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


def _being_made(error: RuntimeError) -> bool:
    return any(words in str(error) for words in _BEING_MADE)


class _UnreachableError(WideDeepError):
    pass
