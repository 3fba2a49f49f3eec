"""A run from Python is the command's, with settings and rows that Python has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import widedeep
from widedeep import ConfigError
from widedeep.components.common.yaml_text import from_yaml
from widedeep.pipeline.interface import runs
from widedeep.pipeline.interface.commands import set_words


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (0.5, "0.5"), (None, "null"), (True, "true"), ("a b", "a b"), ([1, "x: y"], "[1, 'x: y']")],
)
def test_settings_are_written_as_yaml(value: object, text: str) -> None:
    assert set_words({"training.epochs": value}) == ["--set", f"training.epochs={text}"]
    assert from_yaml(text) == value


def test_what_is_wrong_is_raised_as_the_command_tells_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match=r"^/no/such.yaml: there is no such file.$"):
        widedeep.run("/no/such.yaml", workdir=tmp_path)
    assert capfd.readouterr() == ("", "")


def test_frames_become_the_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def result_of(words: list[str], fine: tuple[int, ...]) -> str:
        asked.append((words, fine))
        raise ConfigError("enough")

    monkeypatch.setattr(runs, "result_of", result_of)
    (tmp_path / "pipeline.yaml").write_text(
        "name: mine\ndata: {path: a, format: csv, hash_split: {train: 8, eval: 1, test: 1}}\n"
    )
    frames = {split: pd.DataFrame({"x": [number]}) for number, split in enumerate(("train", "eval", "test"))}
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^enough$"):
        widedeep.run("pipeline.yaml", frames=frames, settings={"training.epochs": 2})
    [(words, fine)] = asked
    assert fine == (0, 3, 4)
    assert words[:4] == ["run", "pipeline.yaml", "--set", "training.epochs=2"]
    data = from_yaml(words[-1].removeprefix("data="))
    assert data == {
        "path": str(tmp_path / "work" / "mine" / "frames"),
        "format": "parquet",
        "splits": {split: f"{split}/rows.parquet" for split in frames},
    }
    for split, frame in frames.items():
        assert pd.read_parquet(Path(data["path"], data["splits"][split])).equals(frame)
