"""The client against the stand-in with a real model, over both interfaces, in the clear and encrypted."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.serving.client import RankingClient, Tls
from widedeep.serving.client.errors import ModelError, ServerAwayError, ServerError, UnknownFeatureError

USER = {"color": "green", "tags": ["a", "b"]}
XS = [((37 * number) % 200) / 50 for number in range(200)]


def started(config: Any, **options: Any) -> Any:
    from widedeep.serving.standin.server import Options, Server

    server = Server(config, Options(port=0, rest_port=0, poll=0.05, **options))
    server.start()
    return server


@pytest.fixture(scope="module")
def server(small_models: Path, make_config: Any, until: Any) -> Iterator[Any]:
    made = started(make_config({"small": small_models}))
    until(made.core.models.ready)
    yield made
    made.stop(5)


@pytest.fixture(params=["grpc", "rest"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connect(server: Any, transport: str) -> Callable[..., RankingClient]:
    def make(**options: Any) -> RankingClient:
        port = server.port if transport == "grpc" else server.rest_port
        return RankingClient(
            f"127.0.0.1:{port}", **{"model": "small", "transport": transport, "deadline": 30.0, **options}
        )

    return make


def candidates(xs: list[float]) -> list[dict[str, float]]:
    return [{"x": x} for x in xs]


@pytest.mark.parametrize("parallel", [1, 4])
def test_two_hundred_candidates_by_the_formula(connect: Any, small_model: Any, parallel: int) -> None:
    with connect(parallel=parallel) as client:
        ranking = client.rank(USER, candidates(XS))
    expected = sorted(range(200), key=lambda index: -XS[index])
    assert [candidate.index for candidate in ranking.candidates] == expected
    scores = [small_model.score(XS[index], "green", ["a", "b"]) for index in expected]
    assert [candidate.score for candidate in ranking.candidates] == pytest.approx(scores)


def test_what_is_missing_counts_nothing(connect: Any, small_model: Any) -> None:
    with connect() as client:
        features = {name: (feature.side, feature.kind, feature.required) for name, feature in client.features().items()}
        assert features == {
            "color": ("user", "text", False),
            "tags": ("user", "set", False),
            "x": ("candidate", "number", True),
        }
        [ranked] = client.rank({"color": None}, candidates([0.5])).candidates
    assert ranked.score == pytest.approx(small_model.score(0.5))


def test_errors_of_the_model(connect: Any) -> None:
    with connect() as client, pytest.raises(UnknownFeatureError, match="did you mean 'color'"):
        client.rank({"colour": "red"}, candidates([1]))
    with connect(model="other") as client, pytest.raises(ModelError, match="model 'other' is not served: "):
        client.rank(USER, candidates([1]))
    with connect(version=5) as client, pytest.raises(ModelError, match="model 'small', version 5 is not served: "):
        client.rank(USER, candidates([1]))
    with connect(label="gone") as client, pytest.raises(ServerError, match="model 'small', label 'gone' refuses"):
        client.rank(USER, candidates([1]))


def test_versions_are_replaced_under_a_client(
    tmp_path: Path, make_config: Any, small_model: Any, transport: str, until: Any
) -> None:
    base = tmp_path / "small"
    small_model.write(base / "1")
    made = started(make_config({"small": base}))
    until(made.core.models.ready)
    target = f"127.0.0.1:{made.port if transport == 'grpc' else made.rest_port}"
    scores = {version: small_model.score(0.5, bias=version - 1) for version in (1, 2, 3)}
    seen = []
    try:
        with (
            RankingClient(target, model="small", transport=transport, deadline=30, parallel=2) as client,
            ThreadPoolExecutor() as pool,
        ):
            for version in (2, 3):
                written = pool.submit(small_model.write, base / f".{version}", bias=version - 1.0)
                written.result()
                (base / f".{version}").rename(base / str(version))
                while not seen or seen[-1] != version:
                    first, second = client.rank({}, candidates([0.5, 0.5])).candidates
                    # Over REST, the parts may come from two versions.
                    if transport == "grpc":
                        assert first.score == second.score
                    [version] = [
                        version for version, score in scores.items() if math.isclose(score, first.score, rel_tol=1e-5)
                    ]
                    seen.append(version)
    finally:
        made.stop(5)
    assert seen == sorted(seen)


class Pem(NamedTuple):
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pem]:
    """Certificates that sign themselves, and so are their own authorities."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("pem")
    made = {}
    for name in ("server", "client", "stranger"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        made[name] = Pem(folder / f"{name}.pem", folder / f"{name}.key")
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        made[name].certificate.write_bytes(certificate.public_bytes(encoding))
        made[name].key.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return made


@pytest.fixture(scope="module")
def closed_server(small_models: Path, make_config: Any, pem: dict[str, Pem], until: Any) -> Iterator[Any]:
    """A server that lets in those with the client's certificate alone."""
    from widedeep.serving.standin.tls import Tls as ServerTls

    tls = ServerTls(pem["server"].key, pem["server"].certificate, pem["client"].certificate)
    made = started(make_config({"small": small_models}), tls=tls)
    until(made.core.models.ready)
    yield made
    made.stop(5)


def target(server: Any, transport: str) -> str:
    return f"localhost:{server.port if transport == 'grpc' else server.rest_port}"


def test_both_sides_prove_who_they_are(closed_server: Any, transport: str, pem: dict[str, Pem]) -> None:
    tls = Tls(pem["server"].certificate, *pem["client"])
    with RankingClient(
        target(closed_server, transport), model="small", transport=transport, deadline=30.0, tls=tls
    ) as client:
        assert [candidate.index for candidate in client.rank(USER, candidates([1, 2])).candidates] == [1, 0]


@pytest.mark.parametrize(
    ("ca", "shown"), [("stranger", "client"), ("server", "stranger"), ("server", None), (None, None)]
)
def test_others_are_not_let_in(
    closed_server: Any, transport: str, pem: dict[str, Pem], ca: str | None, shown: str | None
) -> None:
    tls = Tls(pem[ca].certificate, *(pem[shown] if shown else ())) if ca else None
    with (
        RankingClient(
            target(closed_server, transport), model="small", transport=transport, deadline=2.0, tls=tls
        ) as client,
        pytest.raises(ServerAwayError, match="is not available"),
    ):
        client.rank(USER, candidates([1]))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"ca": "none.pem"}, "TLS: {0}/none.pem can't be read: No such file or directory."),
        ({"certificate": "none.pem"}, "TLS: a client's certificate and its key go together: give both or none."),
    ],
)
def test_files_that_can_not_be_used(transport: str, tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RankingClient(
            "localhost:1",
            model="small",
            transport=transport,
            tls=Tls(**{name: tmp_path / file for name, file in files.items()}),
        )
    assert str(caught.value) == message.format(tmp_path)


def test_a_file_that_is_no_certificate(tmp_path: Path, pem: dict[str, Pem]) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match=r"ca.pem: not readable as certificates: .*Give PEM files without a password"):
        RankingClient("localhost:1", model="small", transport="rest", tls=Tls(tmp_path / "ca.pem"))


def test_the_command_ranks_a_file(server: Any, transport: str, tmp_path: Path, small_model: Any) -> None:
    from click.testing import CliRunner

    from widedeep.pipeline.commands.servers.rank import command

    (tmp_path / "rows.csv").write_text("name,x\na,0.5\nb,1.5\n")
    done = CliRunner().invoke(
        command,
        [
            *("--target", target(server, transport), "--model", "small", "--deadline", "30000"),
            *("--user", '{"color": "red", "tags": ["a"]}', "--candidates", str(tmp_path / "rows.csv")),
            *(["--rest"] if transport == "rest" else []),
        ],
        standalone_mode=False,
    )
    assert done.exception is None
    first, second = (small_model.score(x, "red", ["a"]) for x in (1.5, 0.5))
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["1", "1", f"{first:.6f}", "b", "1.5"],
        ["2", "0", f"{second:.6f}", "a", "0.5"],
    ]
