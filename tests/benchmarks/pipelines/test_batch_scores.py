"""A million rows of a table that has fewer, and what their scoring is said to cost."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.pipelines.batch_scores import Cost, figures, repeated


def test_rows_come_again_from_the_first_on(tmp_path: Path) -> None:
    for split, start in (("train", 0), ("eval", 4), ("test", 6)):
        (tmp_path / split).mkdir()
        pq.write_table(pa.table({"x": list(range(start, start + 2 + 2 * (not start)))}), tmp_path / split / "a.parquet")
    path = repeated(tmp_path, tmp_path / "rows.parquet", 19)
    assert pq.read_table(path)["x"].to_pylist() == [row % 8 for row in range(19)]


def test_figures_are_rows_a_second_and_memory() -> None:
    rows, ratio, memory = figures(1000, {"loop": Cost(20.0, 18.0, 1 << 30), "score": Cost(10.0, 19.0, 3 << 30)})
    assert (rows.value, rows.against) == (100.0, "50 rows/s, 1,024 MiB of the loop")
    assert (ratio.value, ratio.holds) == (2.0, True)
    assert memory.value == 3072.0
