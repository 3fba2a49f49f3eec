"""Five days of MovieLens-100K through the whole pipeline, each from the last model, and each from nothing.

    python -m benchmarks run days [--poisoned 4]

A day is a fifth of each user's ratings in the order of time; its last 30 % are the splits to watch and to test on. Each
day is one `widedeep run` in each of two working directories, where warm starts are on and off. On the poisoned day the
ages come in months; a warm run of it is tried first, and must be stopped.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.harness.movielens_days import FIVE, by_share, in_months, write_day
from benchmarks.harness.movielens_splits import movielens

_SCHEMA = subprocesses.ROOT / "schema" / "movielens"
_STOPPED = 1


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("data/movielens"), show_default=True)
@click.option("--poisoned", type=click.IntRange(2, 5), default=4, show_default=True)
def main(data: Path, poisoned: int) -> None:
    """Runs the days in turn, warm and cold."""
    ratings = by_share(movielens(data))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        pipeline = _settings(home)
        stopped = ""
        for day, splits in FIVE.items():
            if day == poisoned:
                write_day(home / "data", day, splits, in_months(ratings))
                stopped = _stopped(pipeline, home)
            write_day(home / "data", day, splits, ratings)
            for start in ("warm", "cold"):
                rows.append({"day": day, "start": start} | _day(pipeline, home, start))
                click.echo(str(rows[-1]), err=True)
    _show(rows)
    click.echo(f"day {poisoned}, poisoned: {stopped}", err=True)
    last = {row["start"]: row["auc"] for row in rows if row["day"] == max(FIVE)}
    details = {"days": rows, "poisoned": {"day": poisoned, "stopped_by": stopped}}
    print_figures(
        [Figure("five_days_auc_warm", last["warm"], "AUC of day 5", None, f"cold {last['cold']:.4f}", details)]
    )


def _settings(home: Path) -> Path:
    settings = yaml.safe_load((_SCHEMA / "pipeline.yaml").read_text())
    splits = {split: f"day-{{SPAN}}/{split}/*" for split in ("train", "eval", "test")}
    settings |= {"data": {"path": "data", "format": "parquet", "splits": splits}}
    for key in ("features", "schema"):
        settings[key] = str(_SCHEMA / settings[key])
    path = home / "pipeline.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def _run(pipeline: Path, home: Path, start: str) -> tuple[int, str, Path]:
    answer = home / "answer.json"
    answer.unlink(missing_ok=True)
    command = [str(Path(sys.executable).parent / "widedeep"), "run", str(pipeline), "--workdir", str(home / start)]
    command += ["--set", f"training.warm_start={'true' if start == 'warm' else 'false'}", "--json", str(answer)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr, answer


def _day(pipeline: Path, home: Path, start: str) -> dict[str, Any]:
    code, told, answer = _run(pipeline, home, start)
    if not answer.exists():
        raise click.ClickException(f"the {start} run ended with {code}:\n{told}")
    said = json.loads(answer.read_text())
    base, curve = said["base"], said["training"]
    return {
        "auc": said["metrics"]["candidate"]["auc"],
        "logloss": said["metrics"]["candidate"]["logloss"],
        "baseline_auc": said["metrics"].get("baseline", {}).get("auc"),
        "eval_auc_before_training": base["quality"]["auc"] if base else None,
        "eval_auc_first_epoch": curve[0]["auc"],
        "epochs": len(curve),
        "pushed": said["pushed_to"] is not None,
    }


def _stopped(pipeline: Path, home: Path) -> str:
    code, told, _ = _run(pipeline, home, "warm")
    if code != _STOPPED:
        raise click.ClickException(f"the poisoned day was not stopped: exit code {code}\n{told}")
    return " ".join(line.strip() for line in told.splitlines() if "drift from" in line)


def _show(rows: list[dict[str, Any]]) -> None:
    table = Table(*rows[0], box=None)
    for row in rows:
        table.add_row(*(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console(stderr=True, width=140).print(table)


if __name__ == "__main__":
    main()
