"""The small model as a pushed version, and a server of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_model import SmallModel

from widedeep.components.features.model_files import FEATURES

DECLARED = """{"label": {"key": "clicked"}, "features": [
  {"key": "x", "kind": "numeric", "side": "candidate", "transform": {"z_score": {}}, "deep": {}},
  {"key": "color", "kind": "categorical", "side": "context", "required": true, "transform": {"vocabulary": {}},
   "wide": true},
  {"key": "tags", "kind": "set", "side": "context", "transform": {"hash": {"buckets": 9}}, "wide": true}]}"""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of versions, in which 1 is the only one."""
    version = SmallModel.write(tmp_path_factory.mktemp("interface") / "models" / "1")
    (version / FEATURES).parent.mkdir()
    (version / FEATURES).write_text(DECLARED)
    return version.parent


@pytest.fixture(scope="session")
def target(models: Path) -> Iterator[str]:
    """The address of a server."""
    from widedeep.serving.standin.models.model_configs import single
    from widedeep.serving.standin.server import Options, Server

    server = Server(single("small", models), Options(port=0, rest_port=0))
    server.start()
    yield f"localhost:{server.port}"
    server.stop(5)
