"""widedeep init: a pipeline's folder, drafted from a person's own files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click


@click.command("init", short_help="Draft a pipeline's folder from your own files.")
@click.argument("data", metavar="DATA")
@click.option("--label", required=True, metavar="COLUMN", help="What is to be predicted: a name, or a number from 1.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder to write.")
@click.option("--name", help="Of the pipeline.  [default: the folder's name]")
@click.option("--time", metavar="COLUMN", help="When a row was; rows are split by it.  [default: found]")
@click.option("--context", metavar="COLUMNS", help="Of the user and the moment: a,b,c.  [default: by their names]")
@click.option("--candidate", metavar="COLUMNS", help="Of what is shown: d,e.  [default: by their names]")
@click.option("--positive", multiple=True, metavar="VALUE", help="Of the label: is 1, and all else 0.")
@click.option("--force", is_flag=True, help="Overwrite an earlier draft.")
def command(
    data: str,
    label: str,
    out: Path,
    name: str | None,
    time: str | None,
    context: str | None,
    candidate: str | None,
    positive: tuple[str, ...],
    force: bool,
) -> None:
    """Drafts features.yaml, schema.pbtxt and pipeline.yaml in DIR: `widedeep run DIR/pipeline.yaml` works at once.

    DATA is a folder, a pattern or one file: CSV, TSV, JSON lines, Parquet, or TFRecords of tf.Examples. All rows are
    counted; what columns tell of the label is measured on a sample. Each line of the draft says why it is so.
    """
    from rich.console import Console

    from widedeep.components.common.errors import ConfigError
    from widedeep.pipeline.check.pipeline_check import check
    from widedeep.pipeline.drafting.output.folder import refuse_existing, write_draft
    from widedeep.pipeline.drafting.output.progress import reading_bar
    from widedeep.pipeline.local.output_log import log_output

    refuse_existing(out, force)
    named = name or _name(out)
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,62}", named):
        raise ConfigError(f"--name {named}: a name is of letters a to z, digits and -, and begins with a letter.")
    with log_output(Path(os.devnull)) as person, reading_bar(person) as bar:
        from widedeep.pipeline.drafting.initialise import Request, draft_of

        request = Request(data, label, time, context, candidate, positive)
        drafted = draft_of(request, named, out, bar)
    write_draft(out, drafted.texts)
    shown = Console(highlight=False)
    shown.width = shown.width if shown.is_terminal else 200
    shown.print(drafted.summary)
    # What the first rows of the files hold, read as a run reads them: nothing, where the draft is right.
    for fault in check(out / "pipeline.yaml", ()).wrong:
        click.echo(f"look at {fault}")
    click.echo(f"written {out}/features.yaml, schema.pbtxt, pipeline.yaml")
    click.echo(f"next    widedeep run {out / 'pipeline.yaml'}")


def _name(out: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", out.resolve().name.lower()).strip("-")[:63].strip("-")
    return name if name[:1].isalpha() else f"pipeline-{name}".rstrip("-")[:63]
