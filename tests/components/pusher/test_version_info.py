"""What a version tells of itself is read back, and nothing where it tells nothing that is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from widedeep.components.pusher import version_info


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "assets.extra").mkdir()
    content = {"candidate": {"auc": 0.5, "calibration": None}}
    (tmp_path / version_info.METRICS).write_text(version_info.text(content))
    assert version_info.read(tmp_path, version_info.METRICS) == content
    with pytest.raises(ValueError, match="not JSON compliant"):
        version_info.text({"auc": float("nan")})


@pytest.mark.parametrize("content", [None, b"", b'{"run": ', b"[1]", b"\xff"])
def test_nothing_that_is_whole_is_nothing(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "assets.extra").mkdir()
        (tmp_path / version_info.LINEAGE).write_bytes(content)
    assert version_info.read(tmp_path, version_info.LINEAGE) == {}


@pytest.mark.parametrize(("rollback", "first"), [(None, 7), ({"to": 2, "from": 6, "at": ""}, 2)])
def test_a_version_that_was_put_back_was_first_pushed_as_another(
    rollback: dict[str, object] | None, first: int, tmp_path: Path
) -> None:
    version = tmp_path / "7"
    (version / "assets.extra").mkdir(parents=True)
    assert version_info.first_pushed_as(version) == 7
    (version / version_info.LINEAGE).write_text(json.dumps({"rollback": rollback}))
    assert version_info.first_pushed_as(version) == first
