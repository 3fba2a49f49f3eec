"""widedeep models as a person calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.commands.models.models import command
from widedeep.pipeline.local.workdir import lock


def called(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], standalone_mode=False)


def told(version: Path, metrics: dict[str, Any], **lineage: Any) -> None:
    path = version / "assets.extra" / "lineage.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | lineage))
    (version / "assets.extra" / "metrics.json").write_text(json.dumps(metrics))


@pytest.fixture
def three(worked: Any) -> Path:
    """Versions 1 to 3 of one span, of two, and of one again, each of which beat the one before; 4 is 1 again."""
    first = worked.run("20260101-000000-000001", span=1)
    worked.run("20260102-000000-000001", span=2, window={1: first["examples"]})
    worked.run("20260103-000000-[red]", span=3)
    models = worked.workdir.models
    told(models / "1", {"candidate": {"auc": 0.75, "logloss": 0.5, "rows": 10}})
    told(
        models / "2",
        {"candidate": {"auc": 0.8, "logloss": None}, "baseline": {"auc": 0.75}},
        baseline={"id": 5, "uri": "/model", "version": 1},
    )
    told(models / "3", {"candidate": {"auc": 0.85}}, baseline={"id": 77, "uri": "/model", "version": None})
    assert called(worked.workdir.path, "rollback", 1).exception is None
    return Path(worked.workdir.path)


def test_a_row_a_version(three: Path) -> None:
    (three / "models" / "3" / "weights").write_bytes(bytes(1_234_000))
    # Nobody's, but servers take it.
    (three / "models" / "5").mkdir()
    done = called(three)
    assert done.exception is None
    at = json.loads((three / "models" / "4" / "assets.extra" / "lineage.json").read_text())["rollback"]["at"]
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["version", "pushed", "auc", "logloss", "baseline", "span", "run", "size"]
    assert rows[1][:8] == ["1", "2026-01-01", "12:30", "0.7500", "0.5000", "none", "1", "20260101-000000-000001"]
    assert rows[2][:7] == ["2", "2026-01-02", "12:30", "0.8000", "n/a", "version", "1"]
    assert rows[2][7:11] == ["1", "to", "2", "20260102-000000-000001"]
    assert rows[3][:9] == ["3", "2026-01-03", "12:30", "0.8500", "n/a", "model", "77", "3", "20260103-000000-[red]"]
    assert rows[3][9:] == ["1.2", "MB"]
    assert rows[4][:6] == ["4", at[:10], at[11:16], "0.7500", "0.5000", "none"]
    assert " ".join(rows[4][-7:]) == "version 1 again, in place of 3"
    assert rows[5] == ["5", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "0", "bytes", "serves"]


def test_the_highest_number_serves(three: Path) -> None:
    lines = called(three).stdout.splitlines()
    assert [line.split()[0] for line in lines if "serves" in line] == ["4"]
    assert lines[4].rstrip().endswith("serves, version 1 again, in place of 3")


def test_as_json(three: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert called(three, "--json", out).exception is None
    written = json.loads(out.read_text())["versions"]
    assert [version["version"] for version in written] == [1, 2, 3, 4]
    assert [version["serves"] for version in written] == [False, False, False, True]
    assert [version["spans"] for version in written] == [[1], [2, 1], [3], [1]]
    assert written[1]["metrics"] == {"candidate": {"auc": 0.8, "logloss": None}, "baseline": {"auc": 0.75}}
    assert written[1]["baseline"] == {"id": 5, "uri": "/model", "version": 1}
    assert written[1]["run"] == "20260102-000000-000001"
    assert written[3]["rollback"]["to"] == 1
    assert written[3]["pushed"] == written[3]["rollback"]["at"]
    files = [path for path in (three / "models" / "2").rglob("*") if path.is_file()]
    assert written[1]["bytes"] == sum(len(path.read_bytes()) for path in files)


def test_a_rollback_says_what_it_did(three: Path, tmp_path: Path) -> None:
    done = called(three, "rollback", 2, "--json", tmp_path / "out.json")
    assert done.exception is None
    assert done.stdout == (
        "version 5 serves: version 2 again, in place of 4\nno run will start from, compare with or push again: 3\n"
    )
    assert json.loads((tmp_path / "out.json").read_text()) == {
        "version": 5,
        "put_back": 2,
        "instead_of": 4,
        "passed_over": [3],
    }
    assert called(three, "rollback", 5).stdout.splitlines()[0] == (
        "version 5, which holds the model of version 2, already serves"
    )
    assert called(three, "rollback", 3).stdout == "version 6 serves: version 3 again, in place of 5\n"
    # What a run has pushed itself.
    (three / "models" / "7").mkdir()
    assert called(three, "rollback", 7).stdout == "version 7 already serves\n"


def test_without_metadata_it_says_what_is_not_done(three: Path) -> None:
    (three / "metadata.sqlite").unlink()
    done = called(three, "rollback", 3)
    assert done.exception is None
    assert done.stdout == "version 5 serves: version 3 again, in place of 4\n"
    assert done.stderr == (
        "The metadata know of no run that pushed version 3: the next run's baseline is what it would have been.\n"
    )


@pytest.mark.parametrize("arguments", [(), ("rollback", "1")])
def test_a_folder_without_versions(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = called(tmp_path, *arguments)
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == (
        f"{tmp_path}: no model has been pushed there. Push one with: widedeep run PIPELINE.yaml"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_under_way_is_not_disturbed(three: Path) -> None:
    with lock(three):
        done = called(three, "rollback", 2)
        assert called(three).exception is None
    assert isinstance(done.exception, WideDeepError)
    assert "another run works there" in str(done.exception)
    assert not (three / "models" / "5").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rollback"], "rollback needs a version: widedeep models WORKDIR rollback VERSION"),
        (["rollbak", "1"], "'rollbak' is not 'rollback'"),
        (["rollback", "one"], "'one' is not a valid integer range"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = called(tmp_path, *arguments)
    assert isinstance(done.exception, click.UsageError)
    assert message in str(done.exception.format_message())


def test_the_list_needs_no_tensorflow(three: Path) -> None:
    code = "import sys; from widedeep.pipeline.commands.models.models import command; "
    code += "command(sys.argv[1:], standalone_mode=False); "
    code += "print('HEAVY', sorted({'tensorflow', 'apache_beam', 'tfx', 'ml_metadata'} & set(sys.modules)))"
    environment = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(three)], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"
    assert len(done.stdout.splitlines()) == 6
