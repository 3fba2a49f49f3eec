"""What the Job looks at, in a container of our image: python -m widedeep.pipeline.kubeflow.check.inside."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path

import click

from widedeep.components.common.errors import WideDeepError
from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.executions import runs
from widedeep.pipeline.kubeflow.check.finding import Finding
from widedeep.pipeline.kubeflow.places import giving_away, why_unwritable

# A database that is started at the same time may take as long.
_PATIENCE = 30.0


@click.command()
@click.option("--namespace", required=True, help="Of the Job.")
@click.option("--metadata", required=True, metavar="URL", help="The database; see run_node.")
@click.option("--place", "places", multiple=True, help="A folder that steps write to.")
@click.option("--result", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Gets it as JSON.")
def command(namespace: str, metadata: str, places: tuple[str, ...], result: Path) -> None:
    """Looks whether steps can write, and reach the database; exits with 1 where not."""
    findings = [*map(_place, places), *_database(metadata, namespace)]
    for finding in findings:
        click.echo(finding.told())
    result.write_text(json.dumps([dataclasses.asdict(finding) for finding in findings]))
    raise SystemExit(any(finding.remedy is not None for finding in findings))


def _place(place: str) -> Finding:
    problem = why_unwritable(place)
    if problem is None:
        return Finding("volume", f"{place} can be written by user {os.getuid()}")
    words = f"{place} can't be written by user {os.getuid()}: {problem}"
    return Finding("volume", words, f"as the volume's owner: {giving_away(place)}")


def _database(url: str, namespace: str) -> Iterator[Finding]:
    """Opening it makes its tables where there are none, as the first step would."""
    kubectl = f"kubectl --namespace {namespace}"
    try:
        database = Database(url, os.environ, _PATIENCE)
        count = database.retry(lambda: len(runs(database.open())))
        yield Finding("database", f"{database.where} has ML Metadata's tables, with {count:,} runs")
    except WideDeepError as error:
        words, _, remedy = str(error).partition(". ")
        yield Finding(
            "database", words.rstrip("."), "\n".join(filter(None, (remedy, f"{kubectl} get pods,services,secrets")))
        )


if __name__ == "__main__":
    command()
