"""widedeep check: whether a pipeline's settings, features and files are sound, without running it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from widedeep.pipeline.definition.command_options import overrides_option, pipeline_argument

if TYPE_CHECKING:
    from rich.console import Console

    from widedeep.components.features.spec import FeatureSpec
    from widedeep.pipeline.check.pipeline_check import PipelineCheck, SplitFiles


@click.command("check", short_help="Check settings, features, files and the first rows, without a run.")
@pipeline_argument
@overrides_option
def command(pipeline: Path, overrides: tuple[str, ...]) -> None:
    """Checks PIPELINE.yaml, its features and files, and the first thousand rows of each split, in seconds.

    Shows the features as they were understood, with an example value each, and all that is wrong. Exits with 2 where
    settings or features are wrong, and with 1 where only the data are.
    """
    from rich.console import Console

    from widedeep.pipeline.local.output_log import log_output
    from widedeep.pipeline.local.progress_display import spinner

    with log_output(Path(os.devnull)) as person, spinner(person, "loading TensorFlow"):
        # It loads TensorFlow, which has much to say.
        from widedeep.pipeline.check.pipeline_check import check

        result = check(pipeline, overrides)
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 200
    if result.spec:
        _show_features(console, result.spec, result.splits)
    if result.spec and result.config and result.config.data.negatives:
        from widedeep.pipeline.check.understood import negatives

        console.print(f"drawn    {negatives(result.config.data.negatives, result.spec)}", markup=False)
    if result.splits:
        _show_splits(console, result.splits)
    sys.stdout.flush()
    for odd in result.odd:
        click.echo(f"Note: {odd}", err=True)
    for error in result.wrong:
        click.echo(click.style("Error: ", fg="red", bold=True, reset=True) + str(error), err=True)
    if result.wrong:
        sys.exit(max(error.exit_code for error in result.wrong))
    click.echo(_sound(result))


def _show_features(console: Console, spec: FeatureSpec, splits: list[SplitFiles]) -> None:
    from rich.table import Table
    from rich.text import Text

    from widedeep.pipeline.check.understood import crosses, understood

    table = Table("feature", "column", "kind", "transform", "in the model", "example", box=None, pad_edge=False)
    read = [split.first for split in splits if split.first]
    for line in understood(spec):
        examples = (first.examples.get(line.feature) for first in read)
        # Text, since a value may look like rich's markup.
        table.add_row(*map(Text, [*line, next(filter(None, examples), "") or ""]))
    console.print(table)
    for cross in crosses(spec):
        console.print(Text(f"cross    {cross}"))


def _show_splits(console: Console, splits: list[SplitFiles]) -> None:
    from rich import filesize
    from rich.table import Table
    from rich.text import Text

    table = Table("split", "files", "size", "rows read", "of", "columns not used", box=None, pad_edge=False)
    for split in splits:
        first = split.first
        cells = [split.name, f"{split.files:,}", filesize.decimal(split.bytes)]
        cells += [f"{first.rows:,}", first.path, ", ".join(first.undeclared)] if first else ["", "", ""]
        table.add_row(*map(Text, cells))
    console.print()
    console.print(table)


def _sound(result: PipelineCheck) -> str:
    assert result.config is not None
    assert result.spec is not None
    rows = sum(split.first.rows for split in result.splits if split.first)
    return (
        f"\n{result.config.name}: settings, {len(result.spec.features)} features and the first {rows:,} rows are "
        "sound: widedeep run does the rest"
    )
