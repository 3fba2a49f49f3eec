"""Whether what a run finds pushed is still what servers take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from widedeep.pipeline.record import words
from widedeep.pipeline.versions.listing import superseded_by


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for number in (1, 2, 10):
        (tmp_path / str(number)).mkdir()
    return tmp_path


def test_nothing_pushed_is_replaced_by_nothing() -> None:
    assert superseded_by(None) is None


def test_the_newest_version_is_what_servers_take(models: Path) -> None:
    assert superseded_by(str(models / "10")) is None
    assert superseded_by(str(models / "2")) == str(models / "10")


def test_a_version_that_was_removed_has_one_after_it(models: Path) -> None:
    (models / "2").rmdir()
    assert superseded_by(str(models / "2")) == str(models / "10")


def test_a_version_that_a_rollback_put_back_serves_under_its_new_number(models: Path) -> None:
    extra = models / "10" / "assets.extra"
    extra.mkdir()
    (extra / "lineage.json").write_text(json.dumps({"rollback": {"to": 1, "from": 2, "at": ""}}))
    assert superseded_by(str(models / "1")) is None
    assert superseded_by(str(models / "2")) == str(models / "10")


def test_it_is_said_with_the_remedy() -> None:
    assert words.superseded("/srv/models/2", "/srv/models/10") == (
        "version 10 has been pushed since, and servers take that one; "
        "to put this one back: widedeep models WORKDIR rollback 2"
    )
