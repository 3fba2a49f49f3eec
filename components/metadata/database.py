"""The metadata database that all nodes of a cluster's runs share, and patience with one that is briefly away."""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.common.errors import ConfigError, WideDeepError, reason
from widedeep.components.metadata.postgresql import PostgresqlStore

USERNAME, PASSWORD, PASSWORD_FILE, DATABASE = (
    f"METADATA_{part}" for part in ("USERNAME", "PASSWORD", "PASSWORD_FILE", "DATABASE")
)
_PORTS = {"postgresql": 5432, "mysql": 3306}
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
    """Where ML Metadata's tables are.

    Attributes:
        connection: ML Metadata's settings, with the password.
        where: the address as messages show it, without the password.
    """

    def __init__(self, url: str, environment: Mapping[str, str], patience: float) -> None:
        """Reads the address.

        Args:
            url: sqlite:///PATH, postgresql://[USER@]HOST[:PORT][/DATABASE], or the same with mysql.
            environment: METADATA_USERNAME and METADATA_DATABASE, where the address has none, and METADATA_PASSWORD or
                METADATA_PASSWORD_FILE.
            patience: for so many seconds a database that is away is waited for.

        Raises:
            ConfigError: the address or the environment can't be used.
        """
        self.connection = metadata_store_pb2.ConnectionConfig()
        self._patience = patience
        self._server: tuple[str, int] | None = None
        scheme, colon, rest = url.partition("://")
        if scheme == "sqlite" and rest.startswith("/"):
            path = rest[1:]
            self.where = url
            self.connection.sqlite.filename_uri = path
            self.connection.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
            return
        if scheme not in _PORTS or not colon:
            allowed = "sqlite:///PATH, postgresql://HOST:PORT/DATABASE or mysql://HOST:PORT/DATABASE"
            raise ConfigError(f"--metadata {_masked(url)}: is no address of a database: {allowed}.")
        self._serve(url, scheme, environment)

    def _serve(self, url: str, scheme: str, environment: Mapping[str, str]) -> None:
        try:
            parts = urllib.parse.urlsplit(url)
            host, port = parts.hostname, parts.port or _PORTS[scheme]
        except ValueError as error:
            raise ConfigError(f"--metadata {_masked(url)}: is no address: {reason(error)}.") from None
        if parts.password is not None:
            raise ConfigError(
                f"--metadata {_masked(url)}: holds a password, which every list of processes would show. "
                f"Give it in the environment: {PASSWORD}, or {PASSWORD_FILE} with a file's path."
            )
        user = urllib.parse.unquote(parts.username or "") or environment.get(USERNAME, "")
        name = parts.path.strip("/") or environment.get(DATABASE, "")
        for what, value, variable in (("host", host, ""), ("user", user, USERNAME), ("database", name, DATABASE)):
            if not value:
                remedy = f", nor is {variable} set" if variable else ""
                raise ConfigError(f"--metadata {url}: names no {what}{remedy}.")
        assert host is not None
        self._server = (host, port)
        self.where = f"{scheme}://{user}@{host}:{port}/{name}"
        password = _password(environment)
        if scheme == "postgresql":
            postgresql = self.connection.postgresql
            postgresql.host, postgresql.port = host, str(port)
            postgresql.user, postgresql.password, postgresql.dbname = user, password, name
        else:
            mysql = self.connection.mysql
            mysql.host, mysql.port = host, port
            mysql.user, mysql.password, mysql.database = user, password, name

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

    def retried(self, action: Callable[[], Result]) -> Result:
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
        """Why a connection failed. ML Metadata itself says nothing that could be used."""
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


def _password(environment: Mapping[str, str]) -> str:
    file = environment.get(PASSWORD_FILE)
    if PASSWORD in environment or file is None:
        return environment.get(PASSWORD, "")
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"{PASSWORD_FILE}={file}: can't be read: {os.strerror(error.errno or 0)}.") from None


def _masked(url: str) -> str:
    before, at, after = url.rpartition("@")
    scheme, _, user = before.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{after}" if at else url
