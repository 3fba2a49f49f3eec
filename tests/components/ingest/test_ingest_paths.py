"""Which files are data, and what their names and first bytes tell."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.paths import folder_values, holds_rows, matching_files
from widedeep.components.ingest.streams.compression import compression_of


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def test_what_engines_leave_beside_the_data_is_none(tmp_path: Path) -> None:
    base = tmp_path / "_mine" / ".data"
    put(base, "_SUCCESS", "._SUCCESS.crc", ".part-0.csv.crc", "part-0.csv", "part-1.csv", "_metadata", ".DS_Store")
    put(base, "dt=1/.part-0.csv.crc", "dt=1/a.csv", "_temporary/a.csv", ".hidden/a.csv", "_key=2/a.csv")
    assert [Path(path).name for path in matching_files(str(base / "*"))] == ["part-0.csv", "part-1.csv"]
    assert [path.removeprefix(f"{base}/") for path in matching_files(str(base / "*" / "*"))] == [
        "_key=2/a.csv",
        "dt=1/a.csv",
    ]


def test_a_mark_that_the_pattern_has_is_meant(tmp_path: Path) -> None:
    put(tmp_path, "_raw/a.csv", "_raw/_b.csv")
    assert matching_files(str(tmp_path / "_raw" / "*")) == [str(tmp_path / "_raw" / "a.csv")]
    assert matching_files(str(tmp_path / "_*" / "_b*")) == [str(tmp_path / "_raw" / "_b.csv")]


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("gs://bucket/_x/a", "gs://bucket/_x/*", True),
        ("gs://bucket/_x/a", "gs://bucket/*/*", False),
        ("/d/a/.b", "/d/a/[!x]*", False),
        ("/d/a_b.c", "/d/*", True),
    ],
)
def test_names(path: str, pattern: str, expected: bool) -> None:
    assert holds_rows(path, pattern) == expected


def test_nothing_but_marks(tmp_path: Path) -> None:
    put(tmp_path, "_SUCCESS", ".part.crc")
    with pytest.raises(ConfigError) as caught:
        matching_files(str(tmp_path / "*"))
    assert str(caught.value) == (
        f"{tmp_path}/*: matches only files that hold no rows, as names that begin with '.' or '_' say (.part.crc). "
        "Rename them, or write the mark into the pattern."
    )


def test_the_keys_of_folders() -> None:
    path = "/data/dt=2024-01-01/country=S%C3%A3o%20Tom%C3%A9/x=__HIVE_DEFAULT_PARTITION__/=1/y=/a=b.csv"
    assert folder_values(path) == {"dt": "2024-01-01", "country": "São Tomé", "x": None, "y": ""}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(b"user\nu\n", mtime=0), "gzip"),
        (bz2.compress(b"user\nu\n"), "bz2"),
        (pa.compress(b"user\nu\n", "zstd", asbytes=True), "zstd"),
        (b"BZh,user\n1,2\n", None),
        (b"user\nu\n", None),
        (b"", None),
    ],
)
def test_first_bytes(tmp_path: Path, content: bytes, expected: str | None) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    assert compression_of(str(path)) == expected
