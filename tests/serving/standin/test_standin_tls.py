"""Certificates: whom the server proves to be, and whom it lets in."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.serving.standin.tls import Tls


@dataclass(frozen=True)
class Certified:
    key: Path
    certificate: Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Makes certificates: authority("name", signer) in PEM files; without a signer it signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("tls")
    made = {}

    def make(name, signer=None):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer, signing = made[signer] if signer else (subject, key)
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
            .sign(signing, hashes.SHA256())
        )
        made[name] = subject, key
        files = Certified(folder / f"{name}.key", folder / f"{name}.pem")
        pem = serialization.Encoding.PEM
        form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        files.key.write_bytes(key.private_bytes(pem, form, none))
        files.certificate.write_bytes(certificate.public_bytes(pem))
        return files

    return make


@pytest.fixture(scope="module")
def pem(authority):
    made = {name: authority(name) for name in ("root", "stranger")}
    return made | {
        "server": authority("server", "root"),
        "client": authority("client", "root"),
        "intruder": authority("intruder", "stranger"),
    }


def _credentials(pem, trusted, client=None):
    key = pem[client].key.read_bytes() if client else None
    chain = pem[client].certificate.read_bytes() if client else None
    return grpc.ssl_channel_credentials(pem[trusted].certificate.read_bytes(), key, chain)


def _asked(serve, base, small_model, credentials, tls):
    served = serve(base, credentials=credentials, tls=tls)
    response = served.predict({"examples": [small_model.example(1.0)]})
    return list(response.outputs["score"].float_val) == pytest.approx([small_model.score(1.0)])


@pytest.fixture
def tls(pem):
    return Tls(pem["server"].key, pem["server"].certificate)


@pytest.fixture
def mutual(pem):
    return Tls(pem["server"].key, pem["server"].certificate, pem["root"].certificate)


def test_a_client_that_trusts_the_authority_is_answered(serve, small_models, small_model, pem, tls):
    tls.check()
    assert _asked(serve, small_models, small_model, _credentials(pem, "root"), tls)


def test_a_client_with_a_certificate_of_the_authority_is_let_in(serve, small_models, small_model, pem, mutual):
    mutual.check()
    assert _asked(serve, small_models, small_model, _credentials(pem, "root", "client"), mutual)


@pytest.mark.parametrize(
    ("kind", "trusted", "client"),
    [("tls", "stranger", None), ("tls", None, None), ("mutual", "root", None), ("mutual", "root", "intruder")],
)
def test_others_are_not(serve, small_models, small_model, pem, request, kind, trusted, client):
    credentials = _credentials(pem, trusted, client) if trusted else None
    with pytest.raises(grpc.RpcError) as caught:
        _asked(serve, small_models, small_model, credentials, request.getfixturevalue(kind))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_files_that_do_not_belong_together(pem):
    files = Tls(pem["client"].key, pem["server"].certificate)
    text = f"TLS: {files.certificate} and {files.key} are not a certificate and its key: "
    with pytest.raises(ConfigError, match=r"Give PEM files without a password\.") as caught:
        files.check()
    assert str(caught.value).startswith(text)


def test_files_that_are_none(pem, tmp_path):
    gone = tmp_path / "gone.pem"
    with pytest.raises(ConfigError) as caught:
        Tls(gone, pem["server"].certificate).check()
    assert str(caught.value) == f"TLS: {gone} can't be read: No such file or directory."
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(ConfigError, match=f"^TLS: {empty} holds no PEM certificate: "):
        Tls(pem["server"].key, pem["server"].certificate, empty).check()


def test_rest_gets_the_same_files(mutual):
    import ssl

    assert mutual.uvicorn() == {
        "ssl_keyfile": str(mutual.key),
        "ssl_certfile": str(mutual.certificate),
        "ssl_ca_certs": str(mutual.client_ca),
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
    }
    assert set(Tls(mutual.key, mutual.certificate).uvicorn()) == {"ssl_keyfile", "ssl_certfile"}
