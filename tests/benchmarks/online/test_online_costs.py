"""What a log costs, and a command's rows a second: worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.online import log_cost, volume
from benchmarks.online.volume import Cost
from widedeep.components.outcomes.matching import ACTED, ACTED_ON, LogColumns, match
from widedeep.pipeline.datasets.appstore.store import Size, prepare
from widedeep.pipeline.datasets.appstore.tables import LABEL
from widedeep.serving.request_log.log_rows import RANK, REQUEST, TIME


def test_a_log_costs_the_median_of_the_rounds_ratios() -> None:
    p50 = {"without": [1.0, 2.0, 1.0], "logged by the client": [1.1, 2.0, 1.5], "logged by the stand-in": [1.0] * 3}
    per_second = {name: [1000.0 / ms for ms in of_rounds] for name, of_rounds in p50.items()}
    client, less, server, _ = log_cost.figures(p50, per_second, {})
    # 1.1, 1.0 and 1.5.
    assert client.value == pytest.approx(1.1)
    assert client.holds is False
    assert less.value == pytest.approx(1 / 1.1)
    assert server.value == 1.0
    assert server.holds is True


def test_each_round_begins_with_another_turn() -> None:
    order: list[str] = []

    def turn(name: str) -> tuple[float, list[float]]:
        order.append(name)
        return 2.0, [1.0, 3.0, 2.0, 9.0]

    turns = {name: (lambda threads, name=name: turn(f"{name}{threads}")) for name in "ab"}
    p50, per_second = log_cost.measured(turns, 2)
    assert order == ["a1", "a4", "b1", "b4", "b1", "b4", "a1", "a4"]
    assert p50 == {"a": [2.5, 2.5], "b": [2.5, 2.5]}
    assert per_second == {"a": [2.0, 2.0], "b": [2.0, 2.0]}


def test_rows_a_second_are_those_of_two_cores_by_their_cpu() -> None:
    costs = {10: Cost(1.0, 2.0, 90), 1000: Cost(5.0, 4.0, 100)}
    wall, cpu, memory = volume._figures("join", (None, "<= 200"), costs)
    assert (wall.value, cpu.value, memory.value) == (200, 500, 100)
    assert memory.against == "90 MiB of a tenth of the rows"


def test_the_store_s_rows_become_a_log_and_its_installs_actions(tmp_path: Path) -> None:
    prepare(tmp_path / "store", Size(2000, 1))
    paths = sorted(tmp_path.glob("store/*/*.parquet"))
    installs = sum(pc.sum(pq.read_table(path)[LABEL]).as_py() for path in paths)
    for path in paths:
        volume._write_log(path, tmp_path)
    log = pa.concat_tables(pq.read_table(path) for path in (tmp_path / "log").iterdir())
    actions = pa.concat_tables(pq.read_table(path) for path in (tmp_path / "actions").iterdir())
    rows, counts = match(
        log,
        actions.rename_columns({"request_id": ACTED_ON, "time": ACTED}).set_column(
            2, ACTED, pc.multiply(actions["time"], 1_000_000)
        ),
        LogColumns(TIME, REQUEST, RANK, "app_id"),
        "label",
        within=10_000_000,
    )
    assert (rows.num_rows, counts.taken, counts.positives) == (2000, installs, installs)
