"""How fast the app store is simulated and its request log joined with what followed, and in how much memory.

    python -m benchmarks run volume [--rows 10000000]

Each is the command that a person runs, in a process of its own. Rows a second of CPU are those of one core, with all
processes counted, and do not tell of what else the machine does; its memory is the largest sum of resident bytes. The
log has the simulated impressions as a client logs them; the actions are the installs, one file a day.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.memory import peak
from widedeep.pipeline.datasets.appstore.tables import CHANCE, LABEL
from widedeep.serving.request_log.log_rows import RANK, REQUEST, TIME

_DAYS = 4
_MIB = 1 << 20


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of the clock and of all its processes' CPU, and mebibytes at most."""

    seconds: float
    cpu: float
    mib: int


@click.command()
@click.option("--rows", default=10_000_000, show_default=True, help="Impressions.")
def main(rows: int) -> None:
    """Simulates and joins a tenth of the rows, and all."""
    costs = {}
    with tempfile.TemporaryDirectory() as name:
        for number in (rows // 10, rows):
            folder = Path(name, str(number))
            folder.mkdir()
            costs[number] = _costs(number, folder)
            click.echo(f"{number:,} rows: {costs[number]}", err=True)
    print_figures(
        [
            figure
            for command, goals in (("appstore", (">= 300000", "<= 1024")), ("join", (None, None)))
            for figure in _figures(command, goals, {number: of[command] for number, of in costs.items()})
        ]
    )


def _costs(rows: int, folder: Path) -> dict[str, Cost]:
    simulate = ("data", "appstore", "--rows", rows, "--days", _DAYS, "--out", folder / "store")
    costs = {"appstore": _cost(simulate, folder / "appstore.txt")}
    for path in sorted(folder.glob("store/*/*.parquet")):
        _write_log(path, folder)
        path.unlink()
    inputs = ("--impressions", folder / "log", "--actions", folder / "actions", "--candidate", "app_id")
    window = ("--within", "24h", "--until", "2027-01-01T00:00:00Z")
    return costs | {"join": _cost(("join", *inputs, *window, "--out", folder / "rows"), folder / "join.txt")}


def _write_log(path: Path, folder: Path) -> None:
    """A file of the store as a request log's, and its installs, ten seconds after each impression."""
    name = f"{path.parent.name}-{path.name}"
    for part in ("log", "actions"):
        (folder / part).mkdir(exist_ok=True)
    with pq.ParquetFile(path) as file, pa.OSFile(str(folder / "actions" / name), "wb") as actions:
        log_writer = action_writer = None
        for batch in file.iter_batches():
            rows = pa.Table.from_batches([batch])
            moment = pc.multiply(rows["timestamp"], 1_000_000).cast(pa.timestamp("us", "UTC"))
            request = rows["request_id"].cast(pa.string())
            log = rows.drop_columns(["timestamp", "request_id", LABEL, CHANCE])
            for column, values in ((TIME, moment), (REQUEST, request), (RANK, rows["position"])):
                log = log.append_column(column, values)
            log_writer = log_writer or pq.ParquetWriter(folder / "log" / name, log.schema, compression="zstd")
            log_writer.write_table(log)
            taken = pa.table(
                {
                    "request_id": request,
                    "app_id": rows["app_id"].cast(pa.string()),
                    "time": pc.add(rows["timestamp"], 10),
                }
            ).filter(pc.equal(rows[LABEL], 1))
            action_writer = action_writer or pq.ParquetWriter(actions, taken.schema)
            action_writer.write_table(taken)
        for writer in (log_writer, action_writer):
            if writer:
                writer.close()


def _cost(command: tuple[object, ...], log: Path) -> Cost:
    """Of a command of `widedeep`."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocesses.start("widedeep.pipeline.cli", *command, log=log)
    largest = peak(process)
    subprocesses.finish(process, log)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(round(time.monotonic() - started, 2), round(cpu, 2), largest // _MIB)


def _figures(command: str, goals: tuple[str | None, str | None], costs: dict[int, Cost]) -> list[Figure]:
    """Rows a second of two cores' CPU, and memory, of the most rows; all costs are in the details."""
    rows, cost = max(costs.items())
    details = {f"{number:,} rows": asdict(of) for number, of in costs.items()}
    few = min(costs.items())[1].mib
    return [
        Figure(f"{command}_rows_a_second", rows / cost.seconds, "rows/s", None, f"{cost.cpu} s of CPU", details),
        Figure(f"{command}_rows_a_second_of_two_cores", 2 * rows / cost.cpu, "rows/s", goals[0], "by CPU", {}),
        Figure(f"{command}_memory", cost.mib, "MiB", goals[1], f"{few} MiB of a tenth of the rows", {}),
    ]


if __name__ == "__main__":
    main()
