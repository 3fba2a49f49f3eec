"""Where a database is, by an environment variable that alone holds its password."""

from __future__ import annotations

import os
import urllib.parse
from dataclasses import dataclass, field

from widedeep.components.common.errors import ConfigError

_KINDS = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
_FORMS = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, mysql://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:///PATH"
_HIDDEN = "***"


@dataclass(frozen=True)
class Address:
    """A database.

    Attributes:
        variable: the environment variable that holds its address.
        kind: postgresql, mysql or sqlite.
        uri: the address, with the password.
    """

    variable: str
    kind: str
    uri: str = field(repr=False)

    @property
    def path(self) -> str:
        """Of SQLite's file: sqlite:///data.db is relative to the working directory, sqlite:////data.db is not."""
        return urllib.parse.unquote(self.uri.partition("://")[2].partition("?")[0].removeprefix("/"))

    @property
    def parts(self) -> urllib.parse.SplitResult:
        """The parts of the address."""
        return urllib.parse.urlsplit(self.uri)

    @property
    def database(self) -> str:
        """Its name on the server."""
        return urllib.parse.unquote(self.parts.path.strip("/"))

    def masked(self, text: str) -> str:
        """What a library says, without the address and its password."""
        secrets = [self.uri]
        if self.kind != "sqlite" and self.parts.password:
            secrets += [self.parts.password, urllib.parse.unquote(self.parts.password)]
        for secret in secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def address_in(variable: str) -> Address:
    """Reads the environment.

    Raises:
        ConfigError: the variable is not set, or holds no address. What it holds is not told.
    """
    uri = os.environ.get(variable, "")
    if not uri:
        raise ConfigError(
            f"data.connection: the environment variable {variable} is not set, and holds the database's address: "
            f"{_FORMS}."
        )
    kind = _KINDS.get(uri.partition("://")[0])
    try:
        address = Address(variable, kind or "", uri)
        complete = bool(kind) and (bool(address.path) if kind == "sqlite" else bool(address.parts.hostname))
        _ = None if kind == "sqlite" else address.parts.port
    except ValueError:
        complete = False
    if not complete:
        raise ConfigError(f"data.connection: what the environment variable {variable} holds is no address: {_FORMS}.")
    return address
