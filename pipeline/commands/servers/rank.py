"""widedeep rank: asks a running server to rank candidates for one user."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.pipeline.definition.command_options import client_options, json_option, write_result

if TYPE_CHECKING:
    from rich.table import Table

    from widedeep.serving.client import Ranking, RankingClient
    from widedeep.serving.client.candidates import Row

# What TF Serving calls a model that it was given without a name.
_NAMELESS = "model"


@click.command("rank", short_help="Ask a running server to rank candidates for a user.")
@click.option("--target", required=True, metavar="HOST:PORT", help="Of the server: gRPC, or REST with --rest.")
@click.option("--user", "user_text", required=True, metavar="JSON|@FILE", help="The user's features.")
@click.option(
    "--candidates", "file", required=True, metavar="FILE", type=click.Path(path_type=Path), help="What to rank."
)
@click.option("--model", help="Its name in the server.  [default: the only one that the server has]")
@click.option("--rest", is_flag=True, help="Ask over REST instead of gRPC.")
@click.option("--top", type=click.IntRange(1), metavar="N", help="Show so many of the best.  [default: all]")
@click.option("--parallel", type=click.IntRange(1), default=1, show_default=True, help="Requests sent at once.")
@click.option("--deadline", type=click.IntRange(1), default=2000, show_default=True, metavar="MS", help="In all.")
@client_options
@json_option
def command(
    target: str,
    user_text: str,
    file: Path,
    model: str | None,
    rest: bool,
    top: int | None,
    parallel: int,
    deadline: int,
    separator: str,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    json_file: Path | None,
) -> None:
    """Asks a running server, TF Serving or `widedeep serve`, to rank candidates for one user.

    The candidates are rows of a .csv, .parquet, .json or .jsonl file. Columns that the model does not know are shown
    beside the scores, but not sent.
    """
    from rich.console import Console

    from widedeep.serving.client import ModelError, RankingClient, Tls, candidates

    user, rows = candidates.user(user_text), candidates.read(file)
    tls = Tls(tls_ca, tls_cert, tls_key) if tls_ca or tls_cert or tls_key else None
    connect = partial(
        RankingClient,
        target,
        transport="rest" if rest else "grpc",
        deadline=deadline / 1000,
        parallel=parallel,
        tls=tls,
    )
    with ExitStack() as stack:
        client = stack.enter_context(connect(model=model or _NAMELESS))
        try:
            client.features()
        except ModelError as error:
            if model is not None:
                raise
            model = _only(error.served, target)
            client = stack.enter_context(connect(model=model))
        model = model or _NAMELESS
        rows = candidates.typed(rows, client.features(), separator, file)
        ranking = client.rank(user, _known_columns(rows, client, file), top)
    version = "" if ranking.version is None else f", version {ranking.version}"
    click.echo(f"{len(rows):,} candidates ranked by {model}{version}", err=True)
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 160
    console.print(_table(ranking, rows))
    if json_file:
        record = _record(target, model, ranking, rows)
        write_result(json_file, json.dumps(record, indent=1, default=str) + "\n")


def _only(served: Sequence[str], target: str) -> str:
    """The name of the only model that a server has.

    Raises:
        ConfigError: it has several, or does not tell.
    """
    if len(served) == 1:
        return served[0]
    if served:
        raise ConfigError(f"{target}: has several models: {', '.join(served)}. Choose one: --model {served[0]}")
    raise ConfigError(
        f"{target}: has no model called '{_NAMELESS}', as TF Serving calls one without a name, and does not tell "
        "which it has. Give the name that it was started with: --model NAME"
    )


def _known_columns(rows: list[Row], client: RankingClient, file: Path) -> list[Row]:
    """The rows without the columns that the model does not know, of which the person is told."""
    known = client.features()
    columns = dict.fromkeys(name for row in rows for name in row)
    expected = sorted(name for name, feature in known.items() if feature.side == "candidate")
    if not columns.keys() & known.keys():
        raise DataError(
            f"{file}: has the columns {', '.join(columns)}, but a candidate's features are {', '.join(expected)}."
        )
    unknown = [name for name in columns if name not in known]
    if unknown:
        click.echo(f"{', '.join(unknown)}: no features of the model, so shown but not sent", err=True)
    return [{name: value for name, value in row.items() if name in known} for row in rows]


def _table(ranking: Ranking, rows: list[Row]) -> Table:
    from rich.table import Table
    from rich.text import Text

    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(box=None, pad_edge=False)
    for head in ("rank", "candidate", "score"):
        table.add_column(head, justify="right")
    for name in columns:
        table.add_column(Text(name))
    for rank, candidate in enumerate(ranking.candidates, 1):
        # Text, since a value may look like rich's markup.
        values = [Text(_text(rows[candidate.index].get(name))) for name in columns]
        table.add_row(str(rank), str(candidate.index), f"{candidate.score:.6f}", *values)
    return table


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _record(target: str, model: str, ranking: Ranking, rows: list[Row]) -> dict[str, Any]:
    best_first = [
        {"index": candidate.index, "score": candidate.score, "candidate": rows[candidate.index]}
        for candidate in ranking.candidates
    ]
    return {"target": target, "model": model, "version": ranking.version, "ranking": best_first}
