"""widedeep explain: what the wide part of a model has learned, and which features it relies on."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition.command_options import json_option, write_result

if TYPE_CHECKING:
    from rich.table import Table

    from widedeep.components.explain.explanation import Explanation
    from widedeep.components.explain.names import Names


@click.command("explain", short_help="Name a model's strongest wide features, or what it relies on.")
@click.argument("model", metavar="MODEL_DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--data", multiple=True, metavar="PATTERN", help="Rows to look at.  [default: those it was trained on]")
@click.option(
    "--format", "file_format", type=click.Choice(["csv", "tsv", "jsonl", "parquet", "tfrecord"]), help="Of --data."
)
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@click.option("--names", multiple=True, metavar="FEATURE=FILE.csv", help="People's names for a feature's values.")
@click.option("--importance", is_flag=True, help="Of each feature, what is lost without it, instead.")
@click.option("--split", metavar="NAME", help="Whose rows.  [default: test with --importance, else train]")
@click.option("--rows", type=click.IntRange(500), default=20_000, show_default=True, help="At most, of --importance.")
@json_option
def command(
    model: Path,
    data: tuple[str, ...],
    file_format: str | None,
    top: int,
    names: tuple[str, ...],
    importance: bool,
    split: str | None,
    rows: int,
    json_file: Path | None,
) -> None:
    """Names the strongest wide features and crosses of a model by the values behind their ids.

    MODEL_DIR is a pushed version, as work/movielens/models/1. The values are looked for in the rows that it was
    trained on, or in those of --data, which hold the same columns. The support is the number of rows in which a
    feature occurs, and the label rate is theirs.

    With --importance it tells, of each feature, what the model's AUC (RMSE, log loss) loses where the feature's values
    are dealt out anew among the rows, with a 95 % interval.
    """
    if bool(data) != bool(file_format):
        raise click.UsageError("--data and --format go together: --data 'data/train/*.csv' --format csv")
    if data and split:
        raise click.UsageError("--split names a split of the rows that the pipeline has read: give it, or --data")
    from rich.console import Console

    from widedeep.pipeline.local.output_log import log_output

    with log_output(Path(os.devnull)) as person:
        if importance:
            shown, text = _importance(model, data, file_format, split or "test", rows, person)
        else:
            explained, known = _explain(model, data, file_format, top, names, split or "train", person)
            shown, text = _table(explained, known), json.dumps(_record(model, explained, known), indent=1) + "\n"
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 160
    console.print(shown)
    if json_file:
        write_result(json_file, text)


@contextmanager
def _progress(person: Any) -> Iterator[Callable[[str], None]]:
    """Gives what tells a person how far it is."""
    from rich.progress import Progress, SpinnerColumn, TextColumn

    spinner = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=person,
        transient=True,
        disable=not person.is_terminal,
        # Rich would send what libraries print to the person.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with spinner as progress:
        task = progress.add_task("loading TensorFlow")
        yield lambda text: progress.update(task, description=text)


def _importance(
    model: Path, data: tuple[str, ...], file_format: str | None, split: str, rows: int, person: Any
) -> tuple[Table, str]:
    with _progress(person) as tell:
        from widedeep.components.ingest.file_blocks import EXAMPLES
        from widedeep.pipeline.commands.models import importance

        record = importance.measure(model, _files(model, data, split), file_format or EXAMPLES, rows, tell)
    person.print(f"{record.rows:,} rows{'' if record.all_rows else ' (there are more: --rows)'}")
    return importance.table(record), record.text()


def _explain(
    model: Path,
    data: tuple[str, ...],
    file_format: str | None,
    top: int,
    names: tuple[str, ...],
    split: str,
    person: Any,
) -> tuple[Explanation, Names]:
    with _progress(person) as tell:
        from widedeep.components.features.model_files import declaration

        # That the folder is no model's is told before TensorFlow is loaded, which takes seconds.
        spec = declaration(str(model))
        from widedeep.components.explain.explanation import explain
        from widedeep.components.explain.names import Names
        from widedeep.components.ingest.file_blocks import EXAMPLES
        from widedeep.serving.literal_path import literal_path

        known = Names(names, spec)
        files = _files(model, data, split)
        with literal_path(model) as literal:
            explained = explain(
                str(literal), files, file_format or EXAMPLES, top, lambda rows: tell(f"{rows:,} rows read")
            )
    rate = "" if explained.label_mean is None else f", {_rate(explained)} {explained.label_mean:.4f}"
    person.print(f"{explained.rows:,} rows{rate}")
    return explained, known


def _files(model: Path, data: tuple[str, ...], split: str) -> list[str]:
    import tensorflow as tf

    from widedeep.components.ingest.paths import holds_rows
    from widedeep.pipeline.versions.training_rows import train_files

    if not data:
        try:
            return train_files(model, split)
        except ConfigError as error:
            raise ConfigError(f"{error}. Name rows to look at: --data 'data/train/*.csv' --format csv") from None
    files: list[str] = []
    for pattern in data:
        # A file of that very name is meant where there is one.
        names = [pattern] if os.path.isfile(pattern) else tf.io.gfile.glob(pattern)
        matched = sorted(path for path in names if not tf.io.gfile.isdir(path) and holds_rows(path, pattern))
        if not matched:
            raise ConfigError(f"--data {pattern}: matches no file.")
        files += matched
    return files


def _table(explained: Explanation, names: Names) -> Table:
    from rich.table import Table
    from rich.text import Text

    classes = explained.label == "multiclass"
    table = Table("feature", box=None, pad_edge=False)
    for head in ("weight", "support", *(["class"] if classes else []), _rate(explained)):
        table.add_column(head, justify="right")
    for weight in explained.weights:
        rate = "" if weight.label_mean is None else f"{weight.label_mean:.4f}"
        label = [str(weight.label)] if classes else []
        # Text, since a value may look like rich's markup.
        table.add_row(Text(names.text(weight)), f"{weight.weight:+.4f}", f"{weight.support:,}", *label, rate)
    return table


def _rate(explained: Explanation) -> str:
    return "mean label" if explained.label == "regression" else "label rate"


def _record(model: Path, explained: Explanation, names: Names) -> dict[str, Any]:
    weights = [dataclasses.asdict(weight) | {"name": names.text(weight)} for weight in explained.weights]
    return {"model": str(model), "rows": explained.rows, "label_mean": explained.label_mean, "found": weights}
