"""widedeep join: logged impressions and the actions that followed, as labelled rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition.command_options import json_option, write_result

if TYPE_CHECKING:
    from widedeep.components.outcomes.job import Join
    from widedeep.components.outcomes.outcome_record import OutcomeRecord

_PATH = click.Path(exists=True, path_type=Path)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.command("join", short_help="Make labelled rows of logged impressions and the actions that followed.")
@click.option("--impressions", required=True, type=_PATH, help="A request log: a file, or a folder as log_day=....")
@click.option("--actions", required=True, type=_PATH, help="A file of actions, or a folder of them.")
@click.option("--candidate", required=True, metavar="COLUMN", help="That names a candidate, in both.")
@click.option("--within", required=True, metavar="24h", help="How long after an impression an action counts.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write.")
@click.option("--label", default="label", show_default=True, metavar="COLUMN", help="To add: 1 where there was one.")
@click.option("--request", default="request_id", show_default=True, metavar="COLUMN", help="Of the actions.")
@click.option("--time", default="time", show_default=True, metavar="COLUMN", help="Of the actions.")
@click.option(
    "--shown", type=click.IntRange(1), metavar="N", help="Of a request's best, that the user saw.  [default: all]"
)
@click.option("--position", metavar="COLUMN", help="That gets the rank at which each was shown.")
@click.option("--until", metavar="TIME", help="Up to which all actions are there.  [default: the latest action's]")
@json_option
def command(
    impressions: Path,
    actions: Path,
    candidate: str,
    within: str,
    out: Path,
    label: str,
    request: str,
    time: str,
    shown: int | None,
    position: str | None,
    until: str | None,
    json_file: Path | None,
) -> None:
    """Labels each impression of a request log by whether an action followed it in time.

    Actions are Parquet, CSV or JSON lines with the id that the client's `rank` gave the request, the candidate, and
    the moment: a timestamp, ISO 8601 text, or seconds since 1970. Where an action may still follow, nothing is written.
    The same rows give the same files, which a pipeline reads as they are; an earlier OUT of ours is replaced.
    """
    window, end = _window(within), _moment(until)
    logs, acted = _files(impressions, (".parquet",)), _files(actions, (".parquet", ".csv", ".jsonl"))
    from widedeep.components.outcomes.impression_files import Seen
    from widedeep.components.outcomes.job import Join
    from widedeep.components.outcomes.matching import LogColumns
    from widedeep.serving.request_log.log_rows import RANK, REQUEST, TIME

    columns = LogColumns(TIME, REQUEST, RANK, candidate)
    record = _joined(Join(logs, columns, acted, request, time, label, window, end, Seen(shown, position)), out)
    _tell(record, out)
    if json_file:
        write_result(json_file, record.text())


def _joined(work: Join, out: Path) -> OutcomeRecord:
    from rich.console import Console

    from widedeep.components.outcomes.job import join
    from widedeep.pipeline.datasets.staging import stage
    from widedeep.pipeline.definition.beam_options import BeamOptions, beam_args

    size = sum(path.stat().st_size for path in (*work.impressions, *work.actions))
    with Console(stderr=True).status("joining"), stage("joined", out) as staging:
        return join(work, staging.folder, beam_args(BeamOptions(), "parquet", size))


def _tell(record: OutcomeRecord, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("", "number", title=Text(f"labelled rows in {out}"))
    rate = f" ({record.positives / record.impressions:.2%})" if record.impressions else ""
    table.add_row("impressions", f"{record.impressions:,}")
    table.add_row("followed by an action", f"{record.positives:,}{rate}")
    for name, words in (
        ("taken", "actions that made them so"),
        ("repeated", "actions again on the same"),
        ("late", "actions after the window"),
        ("early", "actions before the impression"),
        ("unshown", "actions without an impression"),
    ):
        table.add_row(words, f"{getattr(record, name):,}")
    Console(width=None if Console().is_terminal else 160).print(table)


def _window(text: str) -> timedelta:
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if not match or not int(match[1]):
        raise ConfigError(f"--within {text}: give a number and a unit, as 30m, 24h or 7d.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--until {text}: is no moment: give it as 2026-11-30T00:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _files(path: Path, endings: tuple[str, ...]) -> tuple[Path, ...]:
    """The files of a folder, in order; names that begin with a dot or a line are no data."""
    if path.is_file():
        files = [path]
    else:
        inside = (file for file in path.rglob("*") if file.is_file())
        files = sorted(f for f in inside if not any(part[0] in "._" for part in f.relative_to(path).parts))
    other = [file for file in files if file.suffix not in endings]
    if other or not files:
        what = f"{other[0]} is none" if other else f"{path} has none"
        raise ConfigError(f"a file that ends in {' or '.join(endings)} is wanted, and {what}.")
    return tuple(files)
