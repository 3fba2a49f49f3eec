"""The fingerprint of what ExampleGen reads: of names and contents, for the cache key."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto import example_gen_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.component import ExampleGen
from widedeep.components.ingest.driver import Driver
from widedeep.components.ingest.ingest_options import IngestOptions, as_custom_config
from widedeep.components.ingest.splitting.fingerprints import digests_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("train/a", "train/b", "eval/a"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(f"{name},0\n")
    return tmp_path


def fingerprint(folder: Path, **patterns: str) -> Any:
    patterns = patterns or {"train": "train/*", "eval": "eval/*"}
    splits = [example_gen_pb2.Input.Split(name=name, pattern=pattern) for name, pattern in patterns.items()]
    examples = standard_artifacts.Examples()
    examples.uri = str(folder / "artifacts" / "ExampleGen" / "examples" / "7")
    properties = {
        "input_base": str(folder / "data"),
        "input_config": proto_utils.proto_to_json(example_gen_pb2.Input(splits=splits)),
    }
    told = Driver(None).run(ExecutionInfo(output_dict={"examples": [examples]}, exec_properties=properties))
    [artifact] = told.output_artifacts["examples"].artifacts
    value = told.exec_properties["input_fingerprint"].string_value
    assert artifact.custom_properties["input_fingerprint"].string_value == value
    return value


def test_is_the_component_s_driver() -> None:
    assert ExampleGen.DRIVER_CLASS is Driver


def test_a_change_that_keeps_size_and_time_is_another_fingerprint(folder: Path) -> None:
    before = fingerprint(folder)
    assert fingerprint(folder) == before
    file = folder / "data" / "eval" / "a"
    status = file.stat()
    file.write_text("eval/a,1\n")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint(folder) != before


def test_a_touch_is_the_same_fingerprint(folder: Path) -> None:
    before = fingerprint(folder)
    os.utime(folder / "data" / "eval" / "a", (1, 1))
    assert fingerprint(folder) == before


def test_files_that_change_places_are_another_fingerprint(folder: Path) -> None:
    before = fingerprint(folder)
    train = folder / "data" / "train"
    (train / "a").rename(train / "c")
    (train / "b").rename(train / "a")
    (train / "c").rename(train / "b")
    assert fingerprint(folder) != before


def test_a_span_alone_counts(folder: Path) -> None:
    for span in (1, 2):
        (folder / "data" / f"day{span}").write_text("x")
    before = fingerprint(folder, all="day{SPAN}")
    (folder / "data" / "day1").write_text("y")
    assert fingerprint(folder, all="day{SPAN}") == before
    (folder / "data" / "day2").write_text("y")
    assert fingerprint(folder, all="day{SPAN}") != before


QUERY = "SELECT x FROM t WHERE '{SPAN}' = '{SPAN}'"


def test_rows_of_queries_are_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shop.db"
    monkeypatch.setenv("SHOP", f"sqlite:///{path}")

    def write(*values: int) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("DROP TABLE IF EXISTS t")
            connection.execute("CREATE TABLE t (x)")
            connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])

    def told() -> str:
        examples = standard_artifacts.Examples()
        examples.uri = str(tmp_path / "artifacts" / "ExampleGen" / "examples" / "7")
        read = example_gen_pb2.Input(splits=[example_gen_pb2.Input.Split(name="train", pattern=QUERY)])
        options = IngestOptions(features="{}", format="sql", connection="SHOP")
        properties = {
            "input_base": "sql",
            "input_config": proto_utils.proto_to_json(read),
            "custom_config": proto_utils.proto_to_json(as_custom_config(options)),
        }
        result = Driver(None).run(ExecutionInfo(output_dict={"examples": [examples]}, exec_properties=properties))
        # A query is no pattern: nothing in it is filled in.
        assert "{SPAN}" in result.exec_properties["input_config"].string_value
        return str(result.exec_properties["input_fingerprint"].string_value)

    write(1, 2)
    before = told()
    assert list(digests_in(before)) == ["train"]
    write(2, 1)
    assert told() == before
    write(1, 3)
    assert told() != before


def test_digests_lie_beside_the_outputs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widedeep.components.common.digests.file_digests._SETTLED_NS", -(10**12))
    fingerprint(folder)
    assert (folder / "artifacts" / "ExampleGen" / "file_digests.json").is_file()


def test_a_pattern_without_a_file_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"data/test/\*: matches no file"):
        fingerprint(folder, train="train/*", test="test/*")
