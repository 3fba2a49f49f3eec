"""`pip install widedeep-tfx` alone: the ranking client, without TensorFlow, and what the other commands say."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from builds import ROOT, VERSION, called, uv
from small_model import SmallModel

import widedeep
from widedeep.pipeline.cli import COMMANDS
from widedeep.serving import client

# What makes a model. One of these in the client's imports would bring the rest along.
HEAVY = ("tensorflow", "tfx", "apache_beam", "pydantic", "pyarrow", "scipy", "pandas")
USER = {"color": "green", "tags": ["a", "b"]}
XS = [0.5, 2.0, 1.0]
RANK = f"""
import json, sys
from widedeep import RankingClient

ranked = {{}}
for transport, target in json.loads(sys.argv[1]).items():
    with RankingClient(target, model="small", transport=transport, deadline=60) as client:
        ranking = client.rank({USER}, [{{"x": x}} for x in {XS}])
    ranked[transport] = [[candidate.index, candidate.score] for candidate in ranking.candidates]
print(json.dumps([ranked, sorted(set({HEAVY}) & set(sys.modules))]))
"""
LOG = f"""
import json, sys
from pathlib import Path
from widedeep import RankingClient
from widedeep.serving.request_log import RequestLog

with RequestLog(Path(sys.argv[2])) as log, RankingClient(sys.argv[1], model="small", deadline=60, log=log) as client:
    client.rank({USER}, [{{"x": x}} for x in {XS}], request_id="mine")
import pyarrow.parquet as pq
[path] = Path(sys.argv[2]).rglob("*.parquet")
names = ("log_request_id", "log_rank", "x", "log_score")
rows = [[row[name] for name in names] for row in pq.read_table(path, partitioning=None).to_pylist()]
print(json.dumps([rows, sorted(set({HEAVY}) & set(sys.modules))]))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from widedeep.serving.standin.models import model_configs
    from widedeep.serving.standin.server import Options, Server

    base = tmp_path_factory.mktemp("models")
    SmallModel.write(base / "1")
    started = Server(model_configs.single("small", base), Options(port=0, rest_port=0))
    started.start()
    yield started
    started.stop(5)


def cpu_seconds(*command: str | Path) -> float:
    """Of a command that succeeds, the least of three times: a busy machine counts for nothing."""
    seconds = []
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        seconds.append(usage.ru_utime + usage.ru_stime)
    return min(seconds)


def test_it_installs_no_framework_and_is_small(bare: Path) -> None:
    installed = {package["name"] for package in json.loads(uv("pip", "list", "--python", bare, "--format", "json"))}
    assert {"widedeep-tfx", "click", "grpcio", "httpx", "numpy", "protobuf", "rich"} <= installed
    # Those six, and what they are made of.
    assert len(installed) < 20
    assert not {name.replace("_", "-") for name in HEAVY} & installed
    [packages] = bare.parents[1].glob("lib/python3*/site-packages")
    megabytes = (
        sum(path.stat().st_size for path in packages.rglob("*") if path.suffix != ".pyc" and path.is_file()) >> 20
    )
    # NumPy with its OpenBLAS is 59 MB, gRPC 18, all else 6. The pipeline's packages are 3.5 GB.
    assert megabytes < 110


def test_it_ranks_over_both_interfaces_by_the_formula(bare: Path, server: Any, tmp_path: Path) -> None:
    targets = {"grpc": f"127.0.0.1:{server.port}", "rest": f"127.0.0.1:{server.rest_port}"}
    done = called(bare, "-c", RANK, json.dumps(targets), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    ranked, heavy = json.loads(done.stdout)
    assert heavy == []
    for transport in ("grpc", "rest"):
        assert [index for index, _ in ranked[transport]] == [1, 2, 0]
        scores = [SmallModel.score(XS[index], "green", ["a", "b"]) for index in (1, 2, 0)]
        assert [score for _, score in ranked[transport]] == pytest.approx(scores)


def test_with_the_extra_it_logs_what_it_ranks(bare: Path, wheel: Path, server: Any, tmp_path: Path) -> None:
    extra = tmp_path / "extra"
    constraints = ("--constraints", "requirements.lock")
    uv("pip", "install", "--quiet", "--python", bare, "--target", extra, *constraints, f"{wheel}[log]")
    done = called(bare, "-c", LOG, f"127.0.0.1:{server.port}", "log", cwd=tmp_path, path=extra)
    assert done.returncode == 0, done.stderr
    rows, heavy = json.loads(done.stdout)
    assert heavy == ["pyarrow"]
    assert [row[:3] for row in rows] == [["mine", rank, x] for rank, x in zip((3, 1, 2), XS, strict=True)]
    assert [score for *_, score in rows] == pytest.approx([SmallModel.score(x, "green", ["a", "b"]) for x in XS])
    without = called(bare, "-c", LOG, f"127.0.0.1:{server.port}", "log", cwd=tmp_path)
    assert without.stderr.endswith("ConfigError: a request log needs pyarrow: pip install 'widedeep-tfx[log]'.\n")


@pytest.mark.parametrize("rest", [False, True])
def test_the_command_ranks(bare: Path, server: Any, tmp_path: Path, rest: bool) -> None:
    (tmp_path / "candidates.csv").write_text("x\n0.5\n2\n1\n")
    port, interface = (server.rest_port, ["--rest"]) if rest else (server.port, [])
    done = called(
        bare.with_name("widedeep"), "rank", "--target", f"127.0.0.1:{port}", *interface, "--model", "small",
        "--user", json.dumps(USER), "--candidates", "candidates.csv", "--deadline", "60000", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _, *lines = done.stdout.splitlines()
    expected = [f"{SmallModel.score(x, 'green', ['a', 'b']):.6f}" for x in (2.0, 1.0, 0.5)]
    assert [line.split() for line in lines] == [
        [rank, index, score, x]
        for rank, index, score, x in zip("123", "120", expected, ("2.0", "1.0", "0.5"), strict=True)
    ]


def test_candidates_in_parquet_want_pyarrow(bare: Path, tmp_path: Path) -> None:
    arguments = ("rank", "--target", "localhost:1", "--user", "{}", "--candidates", "a.parquet")
    done = called(bare.with_name("widedeep"), *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: --candidates a.parquet: Parquet needs pyarrow, which is not installed. Run: pip install pyarrow."
        " Or give one of .csv, .json, .jsonl, .ndjson.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "schema/movielens/pipeline.yaml"),
        ("ablate", "schema/movielens/pipeline.yaml"),
        ("data", "movielens", "--out", "{tmp}/data"),
        ("data", "taxi", "--out", "{tmp}/data"),
        ("explain", "{tmp}"),
        ("check", "schema/movielens/pipeline.yaml"),
        ("score", "{tmp}", "{tmp}/rows.csv", "--out", "{tmp}/scores.csv"),
        ("report", "{tmp}"),
        ("serve", "{tmp}"),
        ("kubeflow", "compile", "schema/movielens/pipeline.yaml", "--out", "{tmp}/a.yaml"),
    ],
)
def test_other_commands_say_in_one_line_what_to_install(bare: Path, arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = called(bare.with_name("widedeep"), *(text.format(tmp=tmp_path) for text in arguments), cwd=ROOT)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].endswith("pip install 'widedeep-tfx[pipeline]'")
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_named(bare: Path) -> None:
    done = called(bare.with_name("widedeep"), "run", "schema/movielens/pipeline.yaml", cwd=ROOT)
    text = "Error: this command needs the module 'yaml'. Install it with: pip install 'widedeep-tfx[pipeline]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", text)


def test_every_command_can_be_looked_up(bare: Path, tmp_path: Path) -> None:
    program = bare.with_name("widedeep")
    told = called(program, "--help", cwd=tmp_path).stdout
    for command in COMMANDS:
        assert f"\n  {command} " in told
    assert called(program, "run", "--help", cwd=tmp_path).stdout.startswith("Usage: widedeep run [OPTIONS] PIPELINE")
    assert called(program, "--version", cwd=tmp_path).stdout == f"widedeep, version {VERSION}\n"


def test_help_and_the_client_are_there_at_once(bare: Path) -> None:
    assert cpu_seconds(bare.with_name("widedeep"), "--help") < 1
    # Beside what it stands on, the client's own modules cost little. Seconds alone would tell of the machine.
    stands_on = cpu_seconds(bare, "-c", "import grpc, numpy, google.protobuf.message_factory")
    assert cpu_seconds(bare, "-c", "from widedeep import RankingClient") < 1.5 * stands_on + 0.1


def test_the_public_interface_is_what_the_client_declares(bare: Path, tmp_path: Path) -> None:
    assert sorted(widedeep.__all__) == widedeep.__all__
    functions = {"init", "rank", "run", "score"}
    assert set(widedeep.__all__) == {*client.__all__, *functions}
    assert all(getattr(widedeep, name) is getattr(client, name) for name in client.__all__)
    code = "import widedeep; print([getattr(widedeep, name).__name__ for name in widedeep.__all__])"
    assert called(bare, "-c", code, cwd=tmp_path).stdout == f"{widedeep.__all__}\n"
    assert set(widedeep.__all__) <= set(dir(widedeep))
    with pytest.raises(AttributeError, match=r"^module 'widedeep' has no attribute 'Rankingclient'$"):
        widedeep.Rankingclient  # noqa: B018
