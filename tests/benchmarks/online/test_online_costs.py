"""What a log costs, and a command's rows a second: worked out by hand."""

from __future__ import annotations

import subprocess
import sys
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


def test_a_log_costs_the_median_of_the_rounds_ratios_between_what_half_of_them_lie() -> None:
    p50 = {"without": [1.0, 2.0, 1.0], "logged by the client": [1.1, 2.0, 1.5], "logged by the stand-in": [1.0] * 3}
    cpu = {"without": [2.0, 4.0, 5.0], "logged by the client": [2.0, 5.0, 6.0], "logged by the stand-in": [3.0] * 3}
    for values in (p50, cpu):
        values |= {f"a tenth {name}": [each / 2 for each in values[name]] for name in values if name != "without"}
    by_name = {
        name: log_cost.Rounds(of_rounds, [1000.0 / ms for ms in of_rounds], cpu[name])
        for name, of_rounds in p50.items()
    }
    client, less, more, server, _, server_cpu, tenth, *_ = made = log_cost.figures(by_name, {})
    assert [figure.name.removesuffix("_cpu") for figure in made[2::3]] == [
        "log_cost_client",
        "log_cost_server",
        "log_cost_client_tenth",
        "log_cost_server_tenth",
    ]
    assert tenth.value == pytest.approx(0.55)
    # 1.1, 1.0 and 1.5; their quartiles are halfway.
    assert client.value == pytest.approx(1.1)
    assert client.holds is False
    assert client.against == "1.000 ms; half of the rounds 1.050 to 1.300"
    assert less.value == pytest.approx(1 / 1.1)
    assert (server.value, server.holds) == (1.0, True)
    # 1.0, 1.25 and 1.2; 1.5, 0.75 and 0.6.
    assert (more.value, more.holds) == (pytest.approx(1.2), False)
    assert (server_cpu.value, server_cpu.holds) == (pytest.approx(0.75), True)


def test_each_round_begins_with_another_turn_and_goes_back() -> None:
    order: list[str] = []

    def turn(name: str) -> log_cost.Turn:
        order.append(name)
        # The second time all takes twice as long.
        twice = 1 + (order.count(name) > 1)
        return log_cost.Turn(2.0 * twice, [twice * ms for ms in (1.0, 3.0, 2.0, 9.0)], 0.4 * twice)

    turns = {name: (lambda threads, name=name: turn(f"{name}{threads}")) for name in "ab"}
    by_name = log_cost.measured([turns], 1)
    assert order == ["a1", "a4", "b1", "b4", "b1", "b4", "a1", "a4"]
    # 2.5 between 2 and 3, and 5; 8 in 6 s; .4 and .8 s of one thread and of four, for 16 requests.
    assert by_name == {name: log_cost.Rounds([3.75], [8 / 6], [pytest.approx(150.0)]) for name in "ab"}
    order.clear()
    log_cost.measured([{"c": turns["a"]}, {"c": turns["b"]}], 2)
    assert order == ["a1", "a4", "a1", "a4", "b1", "b4", "b1", "b4"]
    order.clear()
    log_cost.measured([turns], 2)
    assert [name[0] for name in order[8::2]] == ["b", "a", "a", "b"]


def test_the_cpu_of_another_process_is_what_it_says_itself() -> None:
    code = "import time\nwhile time.process_time() < 0.3: pass\nprint(time.process_time(), flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        said = float(process.stdout.readline())
        assert said <= log_cost._cpu_seconds(process.pid) < said + 0.1
        process.communicate("\n")


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
