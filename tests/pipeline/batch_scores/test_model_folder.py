"""The version that is meant: the folder itself, or the newest whole one in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.batch_scores.model_folder import version_folder


def pushed(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    return folder


def test_the_newest_whole_version(tmp_path: Path) -> None:
    pushed(tmp_path / "9")
    newest = pushed(tmp_path / "10")
    (tmp_path / "11").mkdir()
    pushed(tmp_path / ".pushing-12")
    assert version_folder(tmp_path) == newest
    assert version_folder(tmp_path / "9") == tmp_path / "9"


def test_what_is_neither_is_told(tmp_path: Path) -> None:
    pushed(tmp_path / "models" / "1")
    message = (
        f"{tmp_path}: is neither a pushed version (there is no assets.extra/features.json in it) nor a folder of "
        f"versions. Its versions are in {tmp_path / 'models'}."
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        version_folder(tmp_path)
