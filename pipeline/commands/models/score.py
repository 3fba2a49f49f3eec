"""widedeep score: scores of a pushed model for files of rows, without a server."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from widedeep.pipeline.definition.command_options import ResultFile, json_option, write_result

if TYPE_CHECKING:
    from widedeep.components.scoring.score_record import ScoreRecord
    from widedeep.pipeline.batch_scores.score_run import ScoreRun

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
# Of a value that is told.
_LONGEST = 60
_FORMATS = ("csv", "tsv", "jsonl", "parquet", "tfrecord")


@click.command("score", short_help="Score files of rows with a pushed model, without a server.")
@click.argument("model", metavar="MODEL_DIR", type=_FOLDER)
@click.argument("data", metavar="DATA...", nargs=-1, required=True)
@click.option("--out", required=True, metavar="FILE", help="Where scores go: .parquet, .csv, .jsonl, or FOLDER/.")
@click.option(
    "--keep", multiple=True, metavar="COLUMNS", help="Columns of the rows to carry over, with commas between."
)
@click.option("--metrics", is_flag=True, help="Show how good the scores are: the rows have the label.")
@click.option("--skip-bad", type=ResultFile(), metavar="FILE.jsonl", help="Leave out rows that can't be scored.")
@click.option("--format", "file_format", type=click.Choice(_FORMATS), help="Of DATA.  [default: by its ending]")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As in pipeline.yaml: data.delimiter=; beam.mode=..."
)
@click.option("--force", is_flag=True, help="Replace FILE where it is there.")
@json_option
def command(
    model: Path,
    data: tuple[str, ...],
    out: str,
    keep: tuple[str, ...],
    metrics: bool,
    skip_bad: Path | None,
    file_format: str | None,
    overrides: tuple[str, ...],
    force: bool,
    json_file: Path | None,
) -> None:
    """Scores rows as a server of the model would, and writes a score for each, in their order.

    MODEL_DIR is a pushed version, as work/movielens/models/1, or the folder of versions: then the newest. DATA are
    files, folders or patterns of rows with the columns that the model was trained on, in any order; features that
    aren't required may be missing. Without --keep a score stands beside its row's file and number in it.

    FILE is there whole or not at all. With a slash at its end it is a folder of shards: scores.csv/.
    """
    from widedeep.pipeline.batch_scores.score_options import score_options
    from widedeep.pipeline.batch_scores.score_run import ScoreRun

    asked = ScoreRun.asked(
        model,
        data,
        out,
        file_format=file_format,
        keep=[column for columns in keep for column in columns.split(",")],
        measure=metrics,
        skip_bad=skip_bad,
        force=force,
        options=score_options(overrides),
    )
    if asked.carried:
        form = ", ".join(f"{name}: {_brief(value)}" for name, value in asked.carried.items())
        click.echo(f"read as the rows that the model was trained on, {form}; --set data.KEY=VALUE if not", err=True)
    began = time.monotonic()
    record = _watched(asked)
    _tell(asked, record, time.monotonic() - began)
    if json_file:
        write_result(json_file, record.text())


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _watched(asked: ScoreRun) -> ScoreRecord:
    from widedeep.components.scoring.rows.row_counts import expected_rows
    from widedeep.pipeline.batch_scores.progress import watched
    from widedeep.pipeline.local.output_log import log_output

    with log_output(Path(os.devnull)) as person:
        try:
            with watched(person, expected_rows(asked.paths, asked.file_format)) as watch:
                return asked.execute(watch)
        except (KeyboardInterrupt, SystemExit) as ended:
            person.print("Interrupted. Nothing was written.")
            # Beam's worker threads would keep the process from ending.
            os._exit(ended.code if isinstance(ended, SystemExit) and isinstance(ended.code, int) else 1)


def _tell(asked: ScoreRun, record: ScoreRecord, seconds: float) -> None:
    for column, files in record.absent.items():
        where = f"{files:,} of {len(asked.paths):,} files" if len(asked.paths) > 1 else asked.paths[0]
        click.echo(f"no column '{column}' in {where}: scored as missing", err=True)
    click.echo(
        f"{record.rows:,} rows scored by {asked.model} in {seconds:.1f} s: {asked.output.path}",
        err=True,
    )
    if record.aside:
        click.echo(f"{record.aside:,} left out, in {asked.skip_bad}. The first: {record.first_fault}", err=True)
    if record.unlabelled:
        click.echo(f"{record.unlabelled:,} of them have no label, and are not measured", err=True)
    for name, metric in record.metrics.items():
        interval = "" if metric.low is None or metric.high is None else f"  {metric.low:.4f} to {metric.high:.4f}"
        value = "n/a" if metric.value is None else f"{metric.value:.4f}"
        click.echo(f"{name:<12} {value}{interval}")
