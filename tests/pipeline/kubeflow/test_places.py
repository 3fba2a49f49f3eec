"""Folders that can't be written are named before anything runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.kubeflow.places import check_writable


def test_a_folder_that_is_there_or_can_be_made_passes_and_stays_as_it_is(tmp_path: Path) -> None:
    check_writable(str(tmp_path), "the artifacts")
    check_writable(str(tmp_path / "new" / "newer"), "the artifacts")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_can_not_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "movielens")
    with pytest.raises(ConfigError) as caught:
        check_writable(place, "the pushed versions")
    assert str(caught.value) == (
        f"{place}: the pushed versions can't be written there by user {os.getuid()}: Not a directory. Is the claim "
        f"mounted? Then, as the volume's owner: chown -R {os.getuid()}:{os.getgid()} {place}"
    )


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_of_another_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(ConfigError, match="Permission denied"):
        check_writable(str(tmp_path / "models"), "the pushed versions")


def test_an_object_store_is_not_asked() -> None:
    check_writable("gs://bucket/models", "the pushed versions")
