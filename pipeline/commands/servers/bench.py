"""widedeep bench: how a running server bears a given rate of ranking requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from widedeep.components.common.errors import WideDeepError
from widedeep.pipeline.definition.command_options import client_options, json_option, write_result

if TYPE_CHECKING:
    from widedeep.serving.load.open_loop import Traffic

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PERCENTILES = (50, 90, 95, 99, 99.9)
# Beyond this much of a request's own time this client is what is being measured.
_LATE_SECONDS = 0.005


@click.command("bench", short_help="Load a running server at a given rate, and see how it bears it.")
@click.argument("target", metavar="HOST:PORT")
@click.option("--rows", required=True, type=_FILE, help="Real rows: a user and a candidate each.")
@click.option("--model", default="model", show_default=True, help="Its name in the server.")
@click.option("--rest", is_flag=True, help="Ask over REST instead of gRPC.")
@click.option("--candidates", type=click.IntRange(1), default=100, show_default=True, help="Of each request.")
@click.option("--rate", type=click.FloatRange(0.01), default=50.0, show_default=True, help="Requests a second.")
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, show_default=True, help="How long they come.")
@click.option("--parallel", type=click.IntRange(1), default=1, show_default=True, help="Parts of a request.")
@click.option("--threads", type=click.IntRange(1), default=64, show_default=True, help="Requests in flight at most.")
@click.option("--deadline", type=click.IntRange(1), default=2000, show_default=True, metavar="MS", help="Of a request.")
@click.option("--retry", is_flag=True, help="Ask a busy server again, as an application would.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the moments at which requests come.")
@client_options
@json_option
def command(
    target: str,
    rows: Path,
    model: str,
    rest: bool,
    candidates: int,
    rate: float,
    seconds: float,
    parallel: int,
    threads: int,
    deadline: int,
    retry: bool,
    seed: int,
    separator: str,
    tls_ca: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    json_file: Path | None,
) -> None:
    """Sends ranking requests to a running server, TF Serving or `widedeep serve`, and shows latencies and errors.

    Requests come at random moments of the given rate, whether those before are answered or not, and a latency counts
    from that moment: waiting is not hidden. They are made of the rows of a .csv, .parquet, .json or .jsonl file, as
    the test split's: each has the user of one row, and the candidates of that row and of those after it.

    Load only a server that is yours.
    """
    from widedeep.serving.client import RankingClient, Tls
    from widedeep.serving.client import candidates as files
    from widedeep.serving.load import open_loop, rank_requests

    read = files.read(rows, "--rows")
    tls = Tls(tls_ca, tls_cert, tls_key) if tls_ca or tls_cert or tls_key else None
    with RankingClient(
        target,
        model=model,
        transport="rest" if rest else "grpc",
        deadline=deadline / 1000,
        parallel=parallel,
        tls=tls,
        retry=retry,
    ) as client:
        typed = files.typed(read, client.features(), separator, rows)
        requests = rank_requests.requests(typed, client.features(), candidates, str(rows))
        # The first call of all pays for connections and compiled calls.
        client.rank(*next(requests))
        moments = list(open_loop.moments(rate, seconds, seed))
        click.echo(
            f"{len(moments):,} requests of {candidates} candidates in {seconds:g} s to {target}, model {model}",
            err=True,
        )
        traffic = open_loop.send(lambda request: client.rank(*request), requests, moments, threads)
    record = _record(traffic)
    _show(traffic, record, rate)
    if json_file:
        given = {"target": target, "model": model, "rate": rate, "candidates": candidates, "parallel": parallel}
        write_result(json_file, json.dumps(given | record, indent=1) + "\n")
    if traffic.sent and not traffic.latencies:
        raise WideDeepError("No request was answered.")


def _record(traffic: Traffic) -> dict[str, object]:
    import numpy as np

    milliseconds = 1000 * np.array(traffic.latencies)
    percentiles = {
        f"p{share:g}": float(np.percentile(milliseconds, share)) for share in _PERCENTILES if len(milliseconds)
    }
    return {
        "requests": traffic.sent,
        "answered": len(traffic.latencies),
        "seconds": traffic.seconds,
        "answers_per_second": len(traffic.latencies) / traffic.seconds if traffic.seconds else 0.0,
        "milliseconds": percentiles | ({"max": float(milliseconds.max())} if len(milliseconds) else {}),
        "errors": dict(traffic.errors.most_common()),
        "delay_ms_p99": float(1000 * np.percentile(traffic.delays, 99)) if traffic.delays else 0.0,
    }


def _show(traffic: Traffic, record: dict[str, object], rate: float) -> None:
    milliseconds = record["milliseconds"]
    assert isinstance(milliseconds, dict)
    click.echo(
        f"answered      {len(traffic.latencies):,} of {traffic.sent:,}, {record['answers_per_second']:.1f} a second"
    )
    if milliseconds:
        click.echo("milliseconds  " + "  ".join(f"{name} {value:.1f}" for name, value in milliseconds.items()))
    for code, count in traffic.errors.most_common():
        click.echo(f"{code}  {count:,}: {traffic.examples[code]}")
    late = record["delay_ms_p99"]
    assert isinstance(late, float)
    if late > 1000 * _LATE_SECONDS:
        click.echo(
            f"This client sent 1 % of the requests more than {late:.0f} ms late, which their latencies hold: the "
            "server keeps all --threads waiting, or this process can't send "
            f"{rate:g} requests a second. Give it more --threads, or share the rate among several.",
            err=True,
        )
