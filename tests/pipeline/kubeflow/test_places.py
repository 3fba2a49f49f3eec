"""Folders that can't be written are named before anything runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from widedeep.components.common.bucket_path import BucketPath
from widedeep.components.common.errors import ConfigError, WideDeepError
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


def test_a_bucket_is_tried_and_stays_as_it_is() -> None:
    # This one, in memory, has folders.
    BucketPath("ram://tried/models").mkdir()
    check_writable("ram://tried/models", "the pushed versions")
    assert [path.name for path in BucketPath("ram://tried").rglob("*")] == ["models"]


def test_a_bucket_that_refuses_is_named() -> None:
    """As TensorFlow does one of Amazon's."""
    with pytest.raises(WideDeepError) as caught:
        check_writable("s3://bucket/models", "the pushed versions")
    told = str(caught.value)
    assert told.startswith(
        "s3://bucket/models: the pushed versions can't be written there: the store says: File system scheme 's3' not "
        "implemented (file: 's3://bucket/models/.tried-"
    )
    assert told.endswith("). May the account that steps work as write to the bucket?")
