"""What the tests of the preprocessing function share."""

from __future__ import annotations

import pytest
from preprocessing_scene import Transformed


@pytest.fixture(scope="session")
def transformed(tmp_path_factory: pytest.TempPathFactory) -> Transformed:
    """The scene's rows, transformed."""
    return Transformed(tmp_path_factory.mktemp("transform"))
