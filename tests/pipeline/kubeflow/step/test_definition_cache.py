"""Cached definitions: found again by those alone who would compile the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tfx.proto.orchestration import pipeline_pb2

from widedeep.pipeline.definition import config
from widedeep.pipeline.kubeflow.step import definition_cache

ROOT = Path(__file__).resolve().parents[4]
DEFINITION = pipeline_pb2.Pipeline(pipeline_info=pipeline_pb2.PipelineInfo(id="p"))


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of their own, which a test may change."""
    return Path(shutil.copytree(ROOT / "schema" / "census", tmp_path / "census")) / "pipeline.yaml"


def test_a_definition_is_found_again(settings: Path, tmp_path: Path) -> None:
    root = str(tmp_path / "root")
    assert definition_cache.read(config.load(settings), root, "/m") is None
    definition_cache.write(DEFINITION, config.load(settings), root, "/m")
    assert definition_cache.read(config.load(settings), root, "/m") == DEFINITION
    assert len(list((tmp_path / "root" / "definitions").iterdir())) == 1


@pytest.mark.parametrize("change", ["setting", "models", "root", "features", "schema", "code", "server", "new module"])
def test_whatever_decides_it_decides_its_name(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    code = tmp_path / "code"
    for package in ("components", "pipeline", "serving"):
        (code / package / "inner").mkdir(parents=True)
        (code / package / "inner" / "module.py").write_text("")
    monkeypatch.setattr(definition_cache, "_CODE", code)
    root, link = tmp_path / "root", tmp_path / "link"
    root.mkdir()
    link.symlink_to(root)
    definition_cache.write(DEFINITION, config.load(settings), str(root), "/m")
    assert definition_cache.read(config.load(settings), str(root), "/m") == DEFINITION
    if change in ("features", "schema"):
        file = settings.with_name("features.yaml" if change == "features" else "schema.pbtxt")
        file.write_text(file.read_text() + "\n# more\n")
    elif change == "code":
        (code / "pipeline" / "inner" / "module.py").write_text("1")
    elif change == "server":
        (code / "serving" / "inner" / "module.py").write_text("1")
    elif change == "new module":
        (code / "components" / "other.py").write_text("")
    overrides = ["training.epochs=99"] if change == "setting" else []
    where = str(link if change == "root" else root)
    assert definition_cache.read(config.load(settings, overrides), where, "/n" if change == "models" else "/m") is None


def test_a_broken_definition_is_none(settings: Path, tmp_path: Path) -> None:
    definition_cache.write(DEFINITION, config.load(settings), str(tmp_path), "/m")
    [file] = (tmp_path / "definitions").iterdir()
    file.write_bytes(b"\xff\xff")
    assert definition_cache.read(config.load(settings), str(tmp_path), "/m") is None


def test_a_bucket_has_no_cache(settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    definition_cache.write(DEFINITION, config.load(settings), "gs://bucket/root", "/m")
    assert definition_cache.read(config.load(settings), "gs://bucket/root", "/m") is None
    assert not (tmp_path / "gs:").exists()
