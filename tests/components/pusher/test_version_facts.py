"""What a version tells of itself is read back, and nothing where it tells nothing that is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.pusher import facts


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "assets.extra").mkdir()
    content = {"candidate": {"auc": 0.5, "calibration": None}}
    (tmp_path / facts.METRICS).write_text(facts.text(content))
    assert facts.read(tmp_path, facts.METRICS) == content
    with pytest.raises(ValueError, match="not JSON compliant"):
        facts.text({"auc": float("nan")})


@pytest.mark.parametrize("content", [None, b"", b'{"run": ', b"[1]", b"\xff"])
def test_nothing_that_is_whole_is_nothing(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "assets.extra").mkdir()
        (tmp_path / facts.LINEAGE).write_bytes(content)
    assert facts.read(tmp_path, facts.LINEAGE) == {}


@pytest.mark.parametrize(("rollback", "first"), [(None, 7), ({"to": 2, "from": 6, "at": ""}, 2)])
def test_a_version_that_was_put_back_was_first_pushed_as_another(
    rollback: dict[str, object] | None, first: int, tmp_path: Path
) -> None:
    version = tmp_path / "7"
    (version / "assets.extra").mkdir(parents=True)
    assert facts.first_pushed_as(version) == 7
    (version / facts.LINEAGE).write_text(json.dumps({"rollback": rollback}))
    assert facts.first_pushed_as(version) == first
