"""A small model, and what a server sees of the versions in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

FILES = {
    "saved_model.pb": b"graph" * 1000,
    "fingerprint.pb": b"f",
    "variables/variables.index": b"i" * 100,
    "variables/variables.data-00000-of-00001": b"w" * 300_000,
    "assets/vocabulary": b"a\nb\n",
    "assets.extra/tf_serving_warmup_requests": b"r",
}


@pytest.fixture
def files() -> dict[str, bytes]:
    """The model's six files, in the folder itself and in three more."""
    return dict(FILES)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
