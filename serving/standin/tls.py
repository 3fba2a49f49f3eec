"""Certificates for both interfaces."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import grpc

from widedeep.components.common.errors import ConfigError, reason


class UvicornTls(TypedDict, total=False):
    """What uvicorn's Config takes."""

    ssl_keyfile: str
    ssl_certfile: str
    ssl_ca_certs: str
    ssl_cert_reqs: int


@dataclass(frozen=True)
class Tls:
    """PEM files: the server's key and certificate chain, and the authorities whose clients alone are let in."""

    key: Path
    certificate: Path
    client_ca: Path | None = None

    def check(self) -> None:
        """Raises ConfigError where a file can't be read or the files do not belong together."""
        for file in (self.key, self.certificate, *([self.client_ca] if self.client_ca else [])):
            _read(file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            # A key with a password would ask for it on the terminal.
            context.load_cert_chain(self.certificate, self.key, password=lambda: "")
        except (ssl.SSLError, OSError, ValueError) as error:
            raise ConfigError(
                f"TLS: {self.certificate} and {self.key} are not a certificate and its key: {reason(error)}."
                " Give PEM files without a password."
            ) from None
        if self.client_ca:
            try:
                context.load_verify_locations(self.client_ca)
            except ssl.SSLError as error:
                raise ConfigError(f"TLS: {self.client_ca} holds no PEM certificate: {reason(error)}.") from None

    def grpc(self) -> grpc.ServerCredentials:
        """What gRPC's server takes."""
        return grpc.ssl_server_credentials(
            [(_read(self.key), _read(self.certificate))],
            _read(self.client_ca) if self.client_ca else None,
            require_client_auth=self.client_ca is not None,
        )

    def uvicorn(self) -> UvicornTls:
        """What uvicorn's Config takes."""
        files = UvicornTls(ssl_keyfile=str(self.key), ssl_certfile=str(self.certificate))
        if self.client_ca:
            files["ssl_ca_certs"], files["ssl_cert_reqs"] = str(self.client_ca), ssl.CERT_REQUIRED
        return files


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"TLS: {file} can't be read: {error.strerror}.") from None
