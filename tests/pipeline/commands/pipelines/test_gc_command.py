"""widedeep gc as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.commands.pipelines.gc import command
from widedeep.pipeline.local.workdir import lock


def called(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)


def tree(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def two(worked: Any) -> Path:
    worked.run("20260101")
    worked.run("20260102")
    return Path(worked.workdir.path)


def test_a_dry_run_says_all_and_changes_nothing(two: Path, tmp_path: Path) -> None:
    before = tree(two)
    dry = called(two, "--keep", 1, "--dry-run", "--json", tmp_path / "dry.json")
    assert dry.exception is None
    assert {path for path in tree(two) if path.name != ".lock"} == before.keys()
    assert tree(two).items() >= before.items()
    real = called(two, "--keep", 1, "--json", tmp_path / "real.json")
    assert real.stdout == dry.stdout.replace("would be removed", "removed         ").replace("would free", "freed")
    said, done = (json.loads((tmp_path / name).read_text()) for name in ("dry.json", "real.json"))
    assert said == done | {"dry_run": True}
    assert not any(Path(removal["path"]).exists() for removal in done["removed"])


def test_what_goes_what_stays_and_why(two: Path, worked: Any, tmp_path: Path) -> None:
    done = called(two, "--keep", 1, "--json", tmp_path / "out.json")
    assert done.exception is None
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[0].split() == ["removed", "size", "why"]
    row = next(line for line in lines if line.startswith("artifacts/Transform/transformed_examples/"))
    assert row.split(maxsplit=3)[1:] == ["100", "bytes", "only earlier runs used it"]
    assert "runs/20260101" in done.stdout
    assert "runs/20260102" not in done.stdout
    kept = lines[next(number for number, line in enumerate(lines) if line.startswith("kept")) + 1]
    # The last run's own eleven outputs.
    assert kept.split(maxsplit=4) == ["11", "artifacts", "1.1", "kB", "used by the runs that are kept"]
    record = json.loads((tmp_path / "out.json").read_text())
    # The first run's outputs, but for the model and blessing behind version 1; log and report; its schema.
    freed = 100 * 9 + len("log") + len("{}") + len("schema of 20260101")
    assert record["freed"] == freed == sum(removal["bytes"] for removal in record["removed"])
    assert lines[-1] == f"freed {freed} bytes"
    assert (record["workdir"], record["dry_run"], len(record["marked"])) == (str(two), False, 9)
    assert record["kept"][0] == {"why": "used by the runs that are kept", "artifacts": 11, "bytes": 1100}


def test_nothing_to_remove(two: Path) -> None:
    done = called(two, "--keep", 2)
    assert done.stdout.splitlines()[0].startswith("kept")
    assert done.stdout.splitlines()[-1] == "freed 0 bytes"


def test_a_run_that_is_under_way_is_not_disturbed(two: Path) -> None:
    before = tree(two)
    with lock(two):
        done = called(two, "--keep", 1)
    assert isinstance(done.exception, WideDeepError)
    assert "another run works there" in str(done.exception)
    assert tree(two).keys() - {two / ".lock"} == before.keys()


def test_a_folder_in_which_no_run_has_worked(tmp_path: Path) -> None:
    done = called(tmp_path, "--keep", 1)
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == f"{tmp_path}: no run has worked there, so there is nothing to remove."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"), [((), "Missing option '--keep'"), (("--keep", "0"), "0 is not in the range x>=1")]
)
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = called(tmp_path, *arguments)
    assert isinstance(done.exception, click.UsageError)
    assert message in done.exception.format_message()
