"""TFX's Pusher with our executor, on real artifacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import io_utils, path_utils, proto_utils

from components.errors import WideDeepError
from components.pusher import executor
from components.pusher.executor import Executor

FILES = {"saved_model.pb": b"graph", "variables/variables.index": b"i"}


@pytest.fixture
def artifacts(tmp_path: Path) -> dict[str, Any]:
    made = {
        "model": standard_artifacts.Model(),
        "model_blessing": standard_artifacts.ModelBlessing(),
        "pushed_model": standard_artifacts.PushedModel(),
    }
    for name, artifact in made.items():
        artifact.uri = str(tmp_path / name)
        Path(artifact.uri).mkdir()
    serving = Path(path_utils.serving_model_path(made["model"].uri))
    for name, content in FILES.items():
        (serving / name).parent.mkdir(parents=True, exist_ok=True)
        (serving / name).write_bytes(content)
    return made


def run(artifacts: dict[str, Any], base: str, blessed: int) -> None:
    artifacts["model_blessing"].set_int_custom_property("blessed", blessed)
    destination = pusher_pb2.PushDestination(filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=base))
    Executor().Do(
        {"model": [artifacts["model"]], "model_blessing": [artifacts["model_blessing"]]},
        {"pushed_model": [artifacts["pushed_model"]]},
        {"push_destination": proto_utils.proto_to_json(destination), "custom_config": "null"},
    )


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_blessed_is_pushed(artifacts: dict[str, Any], tmp_path: Path) -> None:
    base = tmp_path / "models"
    run(artifacts, str(base), blessed=1)
    run(artifacts, str(base), blessed=1)
    assert content(base / "1") == content(base / "2") == FILES
    pushed = artifacts["pushed_model"]
    assert content(Path(pushed.uri)) == FILES
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == "2"
    assert pushed.get_string_custom_property("pushed_destination") == str(base / "2")


def test_not_blessed_is_not_pushed(artifacts: dict[str, Any], tmp_path: Path) -> None:
    base = tmp_path / "models"
    run(artifacts, str(base), blessed=0)
    assert not base.exists()
    assert content(Path(artifacts["pushed_model"].uri)) == {}
    assert artifacts["pushed_model"].get_int_custom_property("pushed") == 0
    assert artifacts["pushed_model"].has_custom_property("pushed")


def test_failed_archive_pushes_nothing(
    artifacts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that is visible belongs to a run that says so."""
    with monkeypatch.context() as patched:

        def full(*_: Any, **__: Any) -> None:
            raise OSError("no space")

        patched.setattr(io_utils, "copy_dir", full)
        with pytest.raises(OSError, match="no space"):
            run(artifacts, str(tmp_path / "models"), blessed=1)
    assert not (tmp_path / "models").exists()


def test_failed_push_is_readable(artifacts: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(WideDeepError, match=r"the model could not be pushed to .*File exists"):
        run(artifacts, str(tmp_path / "models"), blessed=1)
    assert not artifacts["pushed_model"].has_custom_property("pushed")


def test_bucket_is_pushed_as_tfx_does(
    artifacts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("a bucket has no rename")

    monkeypatch.setattr(executor, "push", never)
    monkeypatch.chdir(tmp_path)
    base = f"file://{tmp_path}/bucket"
    run(artifacts, base, blessed=1)
    [version] = (tmp_path / "bucket").iterdir()
    assert content(version) == FILES
    assert int(version.name) > 1_700_000_000
    assert not (tmp_path / "file:").exists()


def test_model_in_a_bucket(artifacts: dict[str, Any], tmp_path: Path) -> None:
    artifacts["model"].uri = f"file://{tmp_path}/model"
    run(artifacts, str(tmp_path / "models"), blessed=1)
    assert content(tmp_path / "models" / "1") == FILES
