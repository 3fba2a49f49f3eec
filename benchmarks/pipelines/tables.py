"""What the kept figures of whole pipelines say, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.harness import markdown
from benchmarks.harness.figures import Figure

_MODELS = {"wide": "wide", "deep": "deep", "wide_deep": "joint"}
_STARTS = {
    "from the last blessed model": ("warm", "auc"),
    "from nothing": ("cold", "auc"),
    "the last blessed model itself, untrained on the day": ("warm", "baseline_auc"),
}

# Seconds of CPU a row: of a step that does not look at each.
_LEAST = 1e-6


def quality(figures: Sequence[Figure]) -> list[str]:
    """A table a metric: a row a data set, a column a model, mean ± standard deviation over the seeds."""
    tables = []
    for metric in ("auc", "logloss", "accuracy"):
        rows = []
        for figure in figures:
            if figure.name.endswith(f"_{metric}"):
                data = f"{figure.name.removesuffix(f'_{metric}')}, {figure.details['split']}"
                rows.append([data, *(_score(figure.details.get(model)) for model in _MODELS)])
        if rows:
            tables.append(markdown.table([metric, *_MODELS.values()], rows))
    return tables


def _score(score: Mapping[str, float] | None) -> str:
    if score is None:
        return ""
    return f"{score['mean']:.4f} ± {score['sd']:.4f}" if "sd" in score else f"{score['mean']:.4f}"


def days(figures: Sequence[Figure]) -> list[str]:
    """AUC on each day's test rows: a row a start, a column a day; and what stopped the poisoned day."""
    [details] = [figure.details for figure in figures]
    by_start = {(row["day"], row["start"]): row for row in details["days"]}
    numbers = sorted({day for day, _ in by_start})
    rows = [
        [said, *(_auc(by_start.get((day, start)), key) for day in numbers)] for said, (start, key) in _STARTS.items()
    ]
    poisoned = details["poisoned"]
    return [
        markdown.table(["AUC", *(f"day {day}" for day in numbers)], rows),
        f"Day {poisoned['day']} with ages in months was stopped: {poisoned['stopped_by']}",
    ]


def _auc(row: Mapping[str, Any] | None, key: str) -> str:
    return "" if row is None or row.get(key) is None else f"{row[key]:.4f}"


def appstore(figures: Sequence[Figure]) -> list[str]:
    """A row a model: AUC, log loss, and the share of what can be attained over popularity."""
    details = figures[0].details
    rows = [
        [name, f"{score['auc']:.4f} ± {score['sd']:.4f}", f"{score['logloss']:.4f}", f"{score['share']:.1%}"]
        for model, name in _MODELS.items()
        for score in [details[model]]
    ]
    rails = [
        ["popularity", f"{details['popularity']:.4f}", "", "0%"],
        ["true chance", f"{details['attainable']:.4f}", f"{details['logloss_at_least']:.4f}", "100%"],
    ]
    return [markdown.table(["ranker", "AUC", "log loss", "share of attainable"], [*rows, *rails])]


def growth(figures: Sequence[Figure]) -> list[str]:
    """A table a cost: a row a step, a column a number of rows, and the exponent; then a billion rows on paper."""
    sizes = figures[0].details["rows"]
    tables = []
    for figure in figures:
        what = figure.name.removeprefix("growth_")
        unit, divisor = {"cpu": ("CPU seconds", 1), "memory": ("MiB at most", 1 << 20)}[what]
        rows = [
            [step, *(f"{used[step][what] / divisor:,.1f}" for used in sizes.values()), f"{exponent:.2f}"]
            for step, exponent in figure.details["exponents"].items()
        ]
        tables.append(markdown.table([unit, *(f"{int(number):,} rows" for number in sizes), "exponent"], rows))
    return [*tables, _billion(sizes)] if len(sizes) > 1 else tables


def _billion(sizes: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """What a row adds between the two largest sizes, a step a row, and a billion of them."""
    (fewer, less), (more, most) = list(sizes.items())[-2:]
    added = int(more) - int(fewer)
    rows = []
    for step, used in most.items():
        cpu, written = ((used[cost] - less[step][cost]) / added for cost in ("cpu", "written"))
        # What does not depend on the rows is some noise around 0.
        if cpu >= _LEAST:
            rows.append([step, f"{1e6 * cpu:,.1f}", f"{1e9 * cpu / 3600:,.1f}", f"{written:,.0f}"])
    header = ["a row more, on paper", "µs of CPU", "hours of CPU for 10⁹", "bytes written, GB for 10⁹"]
    return markdown.table(header, rows)


def learnable(figures: Sequence[Figure]) -> list[str]:
    """The share of what can be attained over popularity, a column a number of rows."""
    [details] = [figure.details for figure in figures]
    rows = [["share", *(f"{share:.0%}" for share in details["rows"].values())]]
    return [markdown.table(["rows of eight days", *details["rows"]], rows)]
