"""What the kept figures of a training step say, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.harness import markdown
from benchmarks.harness.figures import Figure


def step_cost(figures: Sequence[Figure]) -> list[str]:
    """Milliseconds of a step: a row a model, a column a number of wide buckets."""
    times = {figure.name.partition(": ")[2]: figure.details["milliseconds"] for figure in figures}
    sizes = sorted({int(size) for by_size in times.values() for size in by_size})
    rows = [
        [model, *(markdown.number(by_size[str(size)]) if str(size) in by_size else "" for size in sizes)]
        for model, by_size in times.items()
    ]
    return [markdown.table(["ms a step, by wide buckets", *(f"{size:,}" for size in sizes)], rows)]
