"""Where ML Metadata's tables are: the address as a person gives it, with the secrets from the environment."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2

from widedeep.components.common.errors import ConfigError, reason

USERNAME, PASSWORD, PASSWORD_FILE, DATABASE = (
    f"METADATA_{part}" for part in ("USERNAME", "PASSWORD", "PASSWORD_FILE", "DATABASE")
)
_PORTS = {"postgresql": 5432, "mysql": 3306}


@dataclass(frozen=True)
class Address:
    """A metadata database.

    Attributes:
        connection: ML Metadata's settings, with the password.
        where: the address as messages show it, without the password.
        server: host and port; None of a file.
    """

    connection: metadata_store_pb2.ConnectionConfig
    where: str
    server: tuple[str, int] | None


def parse_address(url: str, environment: Mapping[str, str]) -> Address:
    """Reads an address.

    Args:
        url: sqlite:///PATH, postgresql://[USER@]HOST[:PORT][/DATABASE], or the same with mysql.
        environment: METADATA_USERNAME and METADATA_DATABASE, where the address has none, and METADATA_PASSWORD or
            METADATA_PASSWORD_FILE.

    Raises:
        ConfigError: the address or the environment can't be used.
    """
    scheme, colon, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/"):
        connection = metadata_store_pb2.ConnectionConfig()
        connection.sqlite.filename_uri = rest[1:]
        connection.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return Address(connection, url, None)
    if scheme not in _PORTS or not colon:
        allowed = "sqlite:///PATH, postgresql://HOST:PORT/DATABASE or mysql://HOST:PORT/DATABASE"
        raise ConfigError(f"--metadata {_mask(url)}: is no address of a database: {allowed}.")
    return _server_address(url, scheme, environment)


def _server_address(url: str, scheme: str, environment: Mapping[str, str]) -> Address:
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS[scheme]
    except ValueError as error:
        raise ConfigError(f"--metadata {_mask(url)}: is no address: {reason(error)}.") from None
    if parts.password is not None:
        raise ConfigError(
            f"--metadata {_mask(url)}: holds a password, which every list of processes would show. "
            f"Give it in the environment: {PASSWORD}, or {PASSWORD_FILE} with a file's path."
        )
    user = urllib.parse.unquote(parts.username or "") or environment.get(USERNAME, "")
    name = parts.path.strip("/") or environment.get(DATABASE, "")
    for part, value, variable in (("host", host, ""), ("user", user, USERNAME), ("database", name, DATABASE)):
        if not value:
            remedy = f", nor is {variable} set" if variable else ""
            raise ConfigError(f"--metadata {url}: names no {part}{remedy}.")
    assert host is not None
    connection = metadata_store_pb2.ConnectionConfig()
    password = _password(environment)
    if scheme == "postgresql":
        postgresql = connection.postgresql
        postgresql.host, postgresql.port = host, str(port)
        postgresql.user, postgresql.password, postgresql.dbname = user, password, name
    else:
        mysql = connection.mysql
        mysql.host, mysql.port = host, port
        mysql.user, mysql.password, mysql.database = user, password, name
    return Address(connection, f"{scheme}://{user}@{host}:{port}/{name}", (host, port))


def _password(environment: Mapping[str, str]) -> str:
    file = environment.get(PASSWORD_FILE)
    if PASSWORD in environment or file is None:
        return environment.get(PASSWORD, "")
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(f"{PASSWORD_FILE}={file}: can't be read: {os.strerror(error.errno or 0)}.") from None


def _mask(url: str) -> str:
    before, at, after = url.rpartition("@")
    scheme, _, user = before.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{after}" if at else url
