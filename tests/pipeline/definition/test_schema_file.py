"""The schema that a run imports, and its file's name."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition import config
from widedeep.pipeline.definition.schema_file import schema_file_name, schema_text

FEATURES = """
label: {key: clicked}
features: [{key: age, kind: numeric, side: context, transform: {z_score: {}}, deep: {}}]
"""
PIPELINE = "name: x\ndata: {path: a, format: csv, splits: {train: a, eval: b, test: c}}\n"


def text(folder: Path, curated: str | None = None) -> str:
    (folder / "features.yaml").write_text(FEATURES)
    (folder / "pipeline.yaml").write_text(PIPELINE + ("schema: schema.pbtxt\n" if curated is not None else ""))
    (folder / "schema.pbtxt").write_text(curated or "")
    settings = config.load(folder / "pipeline.yaml")
    return schema_text(settings, features.load(Path(settings.features)))


def test_without_a_curated_schema_it_follows_from_the_declaration(tmp_path: Path) -> None:
    schema = text_format.Parse(text(tmp_path), schema_pb2.Schema())
    assert {feature.name: feature.type for feature in schema.feature} == {
        "age": schema_pb2.FLOAT,
        "clicked": schema_pb2.INT,
    }


def test_a_curated_schema_is_imported_as_it_stands(tmp_path: Path) -> None:
    curated = f"# By hand.\n{text(tmp_path)}"
    assert text(tmp_path, curated) == curated


def test_a_curated_schema_that_contradicts_the_declaration_is_refused(tmp_path: Path) -> None:
    curated = text(tmp_path).replace("type: INT", "type: BYTES")
    with pytest.raises(ConfigError, match=r"schema\.pbtxt: feature 'clicked': type is INT by features\.yaml"):
        text(tmp_path, curated)


def test_the_name_follows_from_the_content() -> None:
    assert schema_file_name("a") == schema_file_name("a") != schema_file_name("b")
    # The sha256 of "abc" is the example of FIPS 180-2, appendix B.1.
    assert schema_file_name("abc") == "ba7816bf8f01cfea.pbtxt"
