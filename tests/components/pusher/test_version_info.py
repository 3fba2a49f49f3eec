"""What a version tells of itself is read back, and nothing where it tells nothing that can be read."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from widedeep.components.pusher import version_info

LINEAGE = version_info.Lineage.model_validate(
    {
        "pipeline": "taxi",
        "run": "20260101-1",
        "pushed": "2026-01-01T12:30:00+00:00",
        "model": {"id": 3, "uri": "/model/3"},
        "baseline": {"id": 2, "uri": "/model/2", "version": None},
        "data": [{"span": 7, "version": None, "fingerprint": "f", "uri": "/examples/1"}],
        "code": {"trainer": "abc"},
        "libraries": {"tfx": "1.21.0"},
        "rollback": {"to": 1, "from": 3, "at": "2026-01-02T00:00:00+00:00"},
    }
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    metrics = version_info.VersionMetrics(candidate={"auc": 0.5, "calibration": math.nan})
    metrics.write(tmp_path / version_info.METRICS)
    LINEAGE.write(tmp_path / version_info.LINEAGE)
    assert json.loads((tmp_path / version_info.METRICS).read_text()) == {"candidate": {"auc": 0.5, "calibration": None}}
    assert version_info.read_metrics(tmp_path) == metrics
    assert json.loads((tmp_path / version_info.LINEAGE).read_text())["rollback"]["from"] == 3
    assert version_info.read_lineage(tmp_path) == LINEAGE


@pytest.mark.parametrize("content", [b"", b'{"run": ', b"[1]", b"\xff", b'{"run": 7}', b'{"runs": "a"}'])
def test_what_can_not_be_read_is_nothing_and_is_said(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / version_info.LINEAGE).write_bytes(content)
    assert version_info.read_lineage(tmp_path) is None
    [said] = caplog.messages
    assert said.startswith(f"{tmp_path}/assets.extra/lineage.json: ")


def test_a_version_may_tell_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert version_info.read_lineage(tmp_path) is None
    assert version_info.read_metrics(tmp_path) is None
    assert caplog.messages == []


@pytest.mark.parametrize(("rollback", "first"), [(None, 7), ({"to": 2, "from": 6, "at": ""}, 2)])
def test_a_version_that_was_put_back_was_first_pushed_as_another(
    rollback: dict[str, object] | None, first: int, tmp_path: Path
) -> None:
    version = tmp_path / "7"
    (version / "assets.extra").mkdir(parents=True)
    assert version_info.first_pushed_as(version) == 7
    (version / version_info.LINEAGE).write_text(json.dumps({"rollback": rollback}))
    assert version_info.first_pushed_as(version) == first
