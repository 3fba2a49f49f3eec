"""widedeep ablate: what each half of the model is worth."""

from __future__ import annotations

import json
from pathlib import Path

import click

from widedeep.pipeline.definition.command_options import (
    ResultFile,
    json_option,
    overrides_option,
    pipeline_argument,
    workdir_option,
    write_result,
)


@click.command("ablate", short_help="Compare the wide, the deep, a factorization and the joint model.")
@pipeline_argument
@workdir_option
@overrides_option
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="Train each with seeds 1 to N.")
@click.option("--rails", is_flag=True, help="Train LightGBM's trees, too, where it is installed.")
@click.option("--html", type=ResultFile(), metavar="FILE", help="Also write the table as a page.")
@json_option
def command(
    pipeline: Path,
    workdir: Path | None,
    overrides: tuple[str, ...],
    seeds: int,
    rails: bool,
    html: Path | None,
    json_file: Path | None,
) -> None:
    """Trains the wide, the deep, a factorization machine and the joint model on the same transformed data.

    The metrics are those of the evaluation split, which no model has seen; means and standard deviations, where
    there are several seeds, and a paired t-test of what the joint model has more than each other.
    """
    from widedeep.pipeline.definition import config
    from widedeep.pipeline.local.session import open_session
    from widedeep.pipeline.report import ablation

    settings = config.load(pipeline, overrides)
    with open_session(settings, workdir) as session:
        from widedeep.pipeline.local.ablation import ablate

        comparisons = ablate(settings, session, range(1, seeds + 1), rails)
    ablation.show(comparisons, seeds)
    if html:
        write_result(html, ablation.page(comparisons, seeds, settings.name, settings.evaluation.split))
    if json_file:
        rows = [comparison.row() for comparison in comparisons]
        write_result(json_file, json.dumps({"rows": rows}, indent=1) + "\n")
