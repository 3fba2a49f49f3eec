"""Requests in partitions: all of each in one, however many rows there are."""

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from widedeep.components.outcomes.partitions import partitions_of, spread


@pytest.fixture
def few_open_files() -> Iterator[None]:
    """As many machines have it: a process may have 1,024 files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, soft), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("few_open_files")
def test_a_thousand_million_impressions_are_spread_with_the_open_files_of_a_small_machine(tmp_path: Path) -> None:
    rows = [f"r{number // 2}" for number in range(10_000)]
    tables = [pa.table({"request": rows[first : first + 2500]}) for first in range(0, 10_000, 2500)]
    spread(tables, "request", tmp_path, "000000", partitions_of(10**9))
    where = defaultdict(list)
    for path in tmp_path.glob("*/000000.parquet"):
        for request in pq.ParquetFile(path).read()["request"].to_pylist():
            where[request].append(path.parent.name)
    assert {request: len(places) for request, places in where.items()} == dict.fromkeys(rows, 2)
    assert all(len(set(places)) == 1 for places in where.values())


def test_a_partition_has_a_quarter_of_a_million_rows_at_most_where_there_are_not_too_many() -> None:
    assert [partitions_of(rows) for rows in (0, 1, 250_000, 250_001, 10_000_000)] == [1, 1, 1, 2, 40]
