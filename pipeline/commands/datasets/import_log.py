"""widedeep import-log: records that a side-car of TensorFlow Serving wrote, as a request log."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from widedeep.serving.request_log.entry import Entry
    from widedeep.serving.request_log.log_files import LogFiles

# Candidates of a file of the log, roughly.
_ROWS = 50_000


@click.command("import-log", short_help="Make a request log of TensorFlow Serving's PredictionLog records.")
@click.argument("records", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--model", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="A version's folder."
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write.")
@click.option("--leave-out", multiple=True, metavar="FEATURE", help="Not written; may be given several times.")
def command(records: tuple[Path, ...], model: Path, out: Path, leave_out: tuple[str, ...]) -> None:
    """Writes the requests to `rank` in RECORDS, TFRecord files of PredictionLog, as `serve --request-log` does.

    The side-car adds to the inputs of each request that it logs `log_time`, in seconds since 1970, and
    `log_request_id`. Other records are counted and passed over. An earlier OUT of ours is replaced.
    """
    from widedeep.pipeline.datasets.staging import stage
    from widedeep.serving.prediction_logs import PredictionLogs, model_features

    logs = PredictionLogs(model_features(model), leave_out)
    with stage("request log", out) as staging:
        entries = (entry for path in records for entry in logs.entries(path))
        written = _write(entries, staging.folder)
    click.echo(f"{written:,} requests in {out}; other records: {logs.others:,}")


def _write(entries: Iterable[Entry], folder: Path) -> int:
    """Writes the log's files, each of one hour; returns how many requests there were."""
    from widedeep.serving.request_log.log_files import LogFiles

    files = LogFiles(folder, most_bytes=sys.maxsize)
    waiting: dict[int, list[Entry]] = defaultdict(list)
    rows: dict[int, int] = defaultdict(int)
    written = 0
    for entry in entries:
        written += len(entry.scores)
        hour = int(entry.seconds // 3600)
        waiting[hour].append(entry)
        rows[hour] += entry.scores.size
        if rows[hour] >= _ROWS:
            _file(files, waiting.pop(hour))
            del rows[hour]
    for of_hour in waiting.values():
        _file(files, of_hour)
    return written


def _file(files: LogFiles, entries: list[Entry]) -> None:
    from widedeep.serving.request_log.log_rows import rows

    files.write(rows(entries), entries[0].seconds)
