"""The comparison of models, in the terminal and as a page."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from widedeep.components.common.metrics import higher_is_better, in_order
from widedeep.components.trainer.comparison import Comparison
from widedeep.pipeline.report.numbers import count, duration, fixed, hint, metric_name
from widedeep.pipeline.report.templating import rendered


def show(comparisons: Sequence[Comparison], seeds: int) -> None:
    """Prints a line a model, which fits into a terminal, and what there is to know beside the numbers."""
    # Accuracy stands in the page: with it a table of several seeds would be wider.
    metrics = [name for name in in_order(comparisons[0].metrics) if name != "accuracy"]
    table = Table("model", *metrics, "parameters", "seconds", "examples/s", box=None, pad_edge=False)
    for row in comparisons:
        counts = f"{row.parameters:,}", f"{row.train_seconds:.1f}", f"{row.examples_per_second:,.0f}"
        table.add_row(row.model, *(_value(row, name, seeds) for name in metrics), *counts)
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for row in comparisons:
        for remark in row.remarks():
            console.print(remark)


def page(comparisons: Sequence[Comparison], seeds: int, name: str, split: str) -> str:
    """The table as one HTML document.

    Args:
        comparisons: one a model.
        seeds: that each was trained with.
        name: of the pipeline.
        split: that the metrics are of.
    """
    metrics = in_order(comparisons[0].metrics)
    best = {metric: _best(comparisons, metric) for metric in metrics}
    return rendered(
        "templates/ablation.html.jinja",
        name=name,
        split=split,
        seeds=seeds,
        heads=[(metric_name(metric), hint(metric)) for metric in metrics],
        rows=[
            {
                "model": row.model,
                "metrics": [(_value(row, metric, seeds), row.metrics[metric] == best[metric]) for metric in metrics],
                "parameters": count(row.parameters),
                "training": duration(row.train_seconds),
                "speed": count(row.examples_per_second),
            }
            for row in comparisons
        ],
        remarks=[remark for row in comparisons for remark in row.remarks()],
    )


def _value(row: Comparison, metric: str, seeds: int) -> str:
    mean = fixed(row.metrics[metric])
    return f"{mean} ± {fixed(row.deviations[metric])}" if seeds > 1 else mean


def _best(comparisons: Sequence[Comparison], metric: str) -> float:
    chosen = max if higher_is_better(metric) else min
    return chosen(row.metrics[metric] for row in comparisons)
