"""widedeep init: what a person sees, and what a person must not lose."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.commands.pipelines.init import command


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """500 rows: the label follows from the colour, but for one row in ten."""
    rows = [
        f"{'red' if row % 3 else 'blue'},{row % 7},{'yes' if (row % 3 == 0) ^ (row % 10 == 0) else 'no'}"
        for row in range(500)
    ]
    path = tmp_path / "clicks.csv"
    path.write_text("\n".join(["colour,size,clicked", *rows, ""]))
    return path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_draft_is_written_and_told(clicks: Path, tmp_path: Path):
    told = run(str(clicks), "--label", "clicked", "--out", str(tmp_path / "My Shop"), "--candidate", "colour")
    assert {path.name for path in (tmp_path / "My Shop").iterdir()} == {
        "features.yaml",
        "schema.pbtxt",
        "pipeline.yaml",
    }
    assert (tmp_path / "My Shop" / "pipeline.yaml").read_text().splitlines()[1].startswith("name: my-shop ")
    assert "colour" in told
    assert "'yes' is 1" in told
    assert f"widedeep run {tmp_path / 'My Shop' / 'pipeline.yaml'}" in told


def test_an_earlier_draft_stays_but_for_force(clicks: Path, tmp_path: Path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "features.yaml").write_text("mine")
    with pytest.raises(ConfigError, match=r"has features\.yaml\. Nothing was written: name another folder, or --force"):
        run(str(clicks), "--label", "clicked", "--out", str(out))
    assert (out / "features.yaml").read_text() == "mine"
    run(str(clicks), "--label", "clicked", "--out", str(out), "--force")
    assert (out / "features.yaml").read_text() != "mine"


def test_a_name_that_no_pipeline_can_have_is_told(clicks: Path, tmp_path: Path):
    with pytest.raises(ConfigError, match="--name Mine!: a name is of letters a to z, digits and -"):
        run(str(clicks), "--label", "clicked", "--out", str(tmp_path / "mine"), "--name", "Mine!")
