"""Certificates that a client shows and trusts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from widedeep.components.common.errors import ConfigError, reason


@dataclass(frozen=True)
class Tls:
    """PEM files for an encrypted connection.

    Attributes:
        ca: the authorities that the server's certificate is checked against; None is the usual ones.
        certificate: the client's own, for a server that asks for it, with its key.
        key: the certificate's.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ConfigError("TLS: a client's certificate and its key go together: give both or none.")

    def credentials(self) -> grpc.ChannelCredentials:
        """For gRPC.

        Raises:
            ConfigError: a file can't be read.
        """
        ca, key, certificate = (file and _read(file) for file in (self.ca, self.key, self.certificate))
        return grpc.ssl_channel_credentials(ca, key, certificate)

    def context(self) -> ssl.SSLContext:
        """For HTTP.

        Raises:
            ConfigError: a file can't be read, or holds something else.
        """
        for file in (self.ca, self.certificate, self.key):
            if file:
                _read(file)
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate and self.key:
                # A key with a password would ask for it on the terminal.
                context.load_cert_chain(self.certificate, self.key, password=lambda: "")
        except (ssl.SSLError, OSError, ValueError) as error:
            files = ", ".join(str(file) for file in (self.ca, self.certificate, self.key) if file)
            raise ConfigError(
                f"TLS: {files}: not readable as certificates: {reason(error)}. Give PEM files without a password."
            ) from None
        return context


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"TLS: {file} can't be read: {error.strerror}.") from None
