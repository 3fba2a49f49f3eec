"""widedeep ablate: what each half of the model is worth."""

from __future__ import annotations

import json
from pathlib import Path

import click

from widedeep.pipeline.definition.command_options import (
    json_option,
    overrides_option,
    pipeline_argument,
    workdir_option,
    write_result,
)


@click.command("ablate", short_help="Compare the wide, the deep and the joint model.")
@pipeline_argument
@workdir_option
@overrides_option
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="Train each with seeds 1 to N.")
@json_option
def command(
    pipeline: Path, workdir: Path | None, overrides: tuple[str, ...], seeds: int, json_file: Path | None
) -> None:
    """Trains the wide, the deep and the joint model on the same transformed data.

    The metrics are those of the evaluation split, which no model has seen; means and standard deviations, where
    there are several seeds.
    """
    from rich.console import Console
    from rich.table import Table

    from widedeep.components.common.metrics import in_order
    from widedeep.pipeline.definition import config
    from widedeep.pipeline.local.session import open_session

    settings = config.load(pipeline, overrides)
    with open_session(settings, workdir) as session:
        from widedeep.pipeline.local.ablation import ablate

        comparisons = ablate(settings, session, range(1, seeds + 1))
    metrics = in_order(comparisons[0].metrics)
    table = Table("model", *metrics, "train_seconds", "examples/s", box=None, pad_edge=False)
    for row in comparisons:
        cells = [
            f"{row.metrics[name]:.4f}" + (f" ± {row.deviations[name]:.4f}" if seeds > 1 else "") for name in metrics
        ]
        table.add_row(row.model, *cells, f"{row.train_seconds:.1f}", f"{row.examples_per_second:,.0f}")
    Console(highlight=False, soft_wrap=True).print(table)
    if json_file:
        rows = [comparison.row() for comparison in comparisons]
        write_result(json_file, json.dumps({"rows": rows}, indent=1) + "\n")
