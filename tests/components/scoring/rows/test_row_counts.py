"""About how many rows there are: exactly in Parquet, by the lines' length in text, and otherwise not at all."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from widedeep.components.scoring.rows.row_counts import expected_rows


def test_rows_are_counted_or_estimated(write: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": [1, 2, 3]}), path)
    assert expected_rows([str(path)] * 2, "parquet") == 6
    # Larger than the sample: lines of 10 bytes, 200,000 of them.
    text = write("a.csv", "123456789\n" * 200_000)
    assert expected_rows([text], "csv") == pytest.approx(200_000, rel=1e-5)
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(b"1\n2\n"))
    assert expected_rows([str(packed)], "csv") is None
    assert expected_rows([write("a.tfrecord", "")], "tfrecord") is None
    assert expected_rows([write("b.parquet", "no Parquet")], "parquet") is None
    assert expected_rows([write("empty.csv", "")], "csv") is None
