"""A result's file: that it can't be written is said before the command begins, and nothing is changed by looking."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.definition.command_options import json_option, write_result


@click.command()
@json_option
def command(json_file: Path | None) -> None:
    click.echo(f"began with {json_file}")


def refusal(path: Path | str) -> str:
    done = CliRunner().invoke(command, ["--json", str(path)])
    assert isinstance(done.exception, ConfigError)
    assert done.exception.exit_code == 2
    assert "began" not in done.output
    return str(done.exception)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "no" / "result.json"
    remedy = "Make the folder first, or name another file."
    assert refusal(path) == f"--json {path}: can't be written: No such file or directory. {remedy}"
    assert list(tmp_path.iterdir()) == []


def test_so_is_what_is_no_folder_and_a_name_that_is_too_long(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "Not a directory" in refusal(tmp_path / "file" / "result.json")
    assert refusal(tmp_path / (300 * "x")).endswith("can't be written: File name too long. Name another file.")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--json", str(tmp_path)])
    assert done.exit_code == 2
    assert "is a directory" in done.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_without_permission(tmp_path: Path) -> None:
    (tmp_path / "result.json").touch(0o400)
    assert "Permission denied. Name another file." in refusal(tmp_path / "result.json")
    tmp_path.chmod(0o500)
    assert "Permission denied. Name another file." in refusal(tmp_path / "other.json")


def test_a_file_system_that_is_read_only() -> None:
    assert refusal("/proc/result.json").startswith("--json /proc/result.json: can't be written: ")


def test_looking_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "there.json").write_text("before")
    (tmp_path / "link.json").symlink_to(tmp_path / "target.json")
    for path in (tmp_path / "there.json", tmp_path / "new.json", tmp_path / "link.json", "/dev/null"):
        done = CliRunner().invoke(command, ["--json", str(path)])
        assert done.output == f"began with {path}\n"
    assert (tmp_path / "there.json").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "there.json"]


def test_a_pipe_that_nobody_reads_yet_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert CliRunner().invoke(command, ["--json", str(tmp_path / "pipe")]).exit_code == 0


def test_what_fails_in_the_end_is_one_line(tmp_path: Path) -> None:
    write_result(tmp_path / "result.json", "é")
    assert (tmp_path / "result.json").read_bytes() == "é".encode()
    with pytest.raises(WideDeepError, match=r"^/dev/full: can't be written: No space left on device\. What was done"):
        write_result(Path("/dev/full"), "x")
