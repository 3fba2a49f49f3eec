"""What a run costs as its rows grow: costs go to the steps they belong to, and exponents are slopes on log axes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.harness.usage import cpu_seconds
from benchmarks.pipelines.growth import Sample, Usage, by_step, exponent, figures
from benchmarks.pipelines.tables import growth

COMPONENTS = [
    {"id": "ExampleGen", "started": 0.0, "seconds": 2.0},
    {"id": "Trainer", "started": 2.0, "seconds": 4.0},
]
# The first step ended at 5 s, and so began at 3.
SAMPLES = [
    Sample(seconds, cpu, resident, steps)
    for seconds, cpu, resident, steps in (
        (0.0, 0.0, 10, 0),
        (3.0, 3.0, 20, 0),
        (4.0, 5.0, 70, 0),
        (5.0, 6.0, 30, 1),
        (7.0, 10.0, 50, 1),
        (9.0, 12.0, 40, 2),
        (10.0, 12.5, 35, 2),
    )
]


def test_each_step_gets_what_was_used_while_it_ran(tmp_path: Path) -> None:
    (tmp_path / "Trainer" / "model").mkdir(parents=True)
    (tmp_path / "Trainer" / "model" / "weights").write_bytes(bytes(300))
    assert by_step(COMPONENTS, SAMPLES, tmp_path) == {
        "ExampleGen": Usage(seconds=2.0, cpu=3.0, memory=70, written=0),
        "Trainer": Usage(seconds=4.0, cpu=6.0, memory=50, written=300),
        "run": Usage(seconds=10.0, cpu=12.5, memory=70, written=300),
    }


@pytest.mark.parametrize(("power", "start"), [(0.0, 7.0), (1.0, 0.0), (1.5, 0.0)])
def test_an_exponent_is_the_slope_on_log_axes(power: float, start: float) -> None:
    rows = [1_000, 10_000, 40_000]
    assert exponent(rows, [start + 3 * number**power for number in rows]) == pytest.approx(power)


def test_without_two_sizes_or_without_a_cost_there_is_no_slope() -> None:
    assert exponent([1_000], [5.0]) == 0
    assert exponent([1_000, 10_000], [0.0, 5.0]) == 0


def test_a_figure_is_the_step_that_grows_fastest_and_the_table_has_them_all() -> None:
    sizes = {
        1_000: {"ExampleGen": Usage(1, 2.0, 1 << 20, 5), "Trainer": Usage(1, 1.0, 1 << 20, 5)},
        10_000: {"ExampleGen": Usage(1, 4.0, 1 << 20, 5), "Trainer": Usage(1, 100.0, 10 << 20, 18_005)},
    }
    cpu, memory = figures(sizes)
    assert (cpu.name, cpu.value, cpu.against, cpu.holds) == ("growth_cpu", pytest.approx(2), "Trainer", False)
    assert (memory.name, memory.value, memory.against) == ("growth_memory", pytest.approx(1), "Trainer")
    by_cpu, by_memory, billion = growth([cpu, memory])
    assert by_cpu.splitlines() == [
        "| CPU seconds | 1,000 rows | 10,000 rows | exponent |",
        "| --- | --- | --- | --- |",
        "| ExampleGen | 2.0 | 4.0 | 0.30 |",
        "| Trainer | 1.0 | 100.0 | 2.00 |",
    ]
    assert "| Trainer | 1.0 | 10.0 | 1.00 |" in by_memory
    # 2 and 99 seconds, and 18,000 bytes, for 9,000 rows.
    assert billion.splitlines()[2:] == ["| ExampleGen | 222.2 | 61.7 | 0 |", "| Trainer | 11,000.0 | 3,055.6 | 2 |"]


def test_one_size_says_nothing_of_a_billion() -> None:
    tables = growth(figures({1_000: {"ExampleGen": Usage(1, 2.0, 1 << 20, 5)}}))
    assert [table.count("ExampleGen") for table in tables] == [1, 1]


def test_cpu_seconds_are_those_of_a_process_and_its_children() -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass\n"
    child = (
        f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {busy!r}])\nprint(flush=True)\ninput()"
    )
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = cpu_seconds(process.pid)
        assert 0.3 <= used <= 0.3 + os.times().elapsed
        process.communicate(b"\n")
    assert cpu_seconds(process.pid) == 0
    before = cpu_seconds(os.getpid())
    deadline = time.process_time() + 0.1
    while time.process_time() < deadline:
        pass
    assert cpu_seconds(os.getpid()) > before
