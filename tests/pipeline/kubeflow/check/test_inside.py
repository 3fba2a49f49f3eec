"""What the Job says of a database that is not as it should be."""

from __future__ import annotations

import json
import socket
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from widedeep.components.metadata.cluster.database import Database
from widedeep.pipeline.kubeflow.check import inside

SECRET = {"METADATA_USERNAME": "me", "METADATA_PASSWORD": "hush-hush", "METADATA_DATABASE": "facts"}


def looked(url: str, folder: Path) -> dict[str, str]:
    result = folder / "result"
    done = CliRunner().invoke(
        inside.command, ["--namespace=n", f"--metadata={url}", f"--result={result}"], env=SECRET, catch_exceptions=False
    )
    assert done.exit_code == 1, done.output
    assert "hush-hush" not in done.output + result.read_text()
    [finding] = json.loads(result.read_text())
    assert isinstance(finding, dict)
    assert done.stdout.startswith(f"✗ database  {finding['words']}\n")
    return finding


def test_tables_of_another_version(tmp_path: Path) -> None:
    file = tmp_path / "metadata.sqlite"
    Database(f"sqlite:///{file}", {}, 0).open()
    with sqlite3.connect(file) as database:
        database.execute("UPDATE MLMDEnv SET schema_version = 99")
    finding = looked(f"sqlite:///{file}", tmp_path)
    assert "database version 99 is greater than library version" in finding["words"]
    assert finding["remedy"].startswith("A newer database needs the image that wrote it, or a newer one.")


def test_a_server_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "_PATIENCE", 0.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{free.getsockname()[1]}"
    finding = looked(f"postgresql://{where}", tmp_path)
    assert (
        finding["words"] == f"postgresql://me@{where}/facts: the metadata database does not answer: Connection refused"
    )
    assert finding["remedy"] == "kubectl --namespace n get pods,services,secrets"
