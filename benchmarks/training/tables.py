"""What the kept figures of a training step say, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def criteo_shape(figures: Sequence[Figure]) -> list[str]:
    """A row a trainer: examples a second a core, by CPU and by wall time, memory at most, and the pass's mean loss."""
    rows = [
        [
            # Ours has no version of its own, and TensorFlow's is the machine's.
            name if name.startswith("ours") else f"{name} {figure.details['version']}",
            *(f"{figure.details[key]:,.0f}" for key in ("by_cpu", "by_wall", "memory")),
            f"{figure.details['loss']:.3f}",
        ]
        for figure in figures
        if (name := figure.name.partition(": ")[2])
    ]
    head = ["examples a second a core", "by CPU time", "by wall time", "MiB at most", "mean loss"]
    return [markdown.table(head, rows)]


def defaults(figures: Sequence[Figure]) -> list[str]:
    """AUC / log loss, and seconds of training: a row for each settings, a column a data set."""
    names = list(dict.fromkeys(key for figure in figures for key in figure.details["settings"]))
    tables = []
    for what, cell in (("AUC / log loss", _quality), ("epochs / seconds of training", _cost)):
        rows = [[f"`{name}`", *(cell(figure.details["settings"].get(name)) for figure in figures)] for name in names]
        heads = [f"{figure.name.removeprefix('defaults_')}, {figure.details['split']}" for figure in figures]
        tables.append(markdown.table([what, *heads], rows))
    return tables


def options(figures: Sequence[Figure]) -> list[str]:
    """What options change: a row each, a column a data set, below what the defaults come to, and how seeds vary."""
    rows = [
        [
            "the defaults, mean",
            *(f"{figure.details['auc']:.4f} / {figure.details['logloss']:.4f}" for figure in figures),
        ],
        [
            "deviation over seeds",
            *(f"{figure.details['auc_sd']:.4f} / {figure.details['logloss_sd']:.4f}" for figure in figures),
        ],
    ]
    for name in dict.fromkeys(key for figure in figures for key in figure.details["differences"]):
        of_tables = [figure.details["differences"].get(name) for figure in figures]
        cells = [f"{each['auc']:+.4f} / {each['logloss']:+.4f}" if each else "" for each in of_tables]
        rows.append([f"`{name}`", *cells])
    counts = [" and ".join(f"{count:,}" for count in figure.details["rows"].values()) for figure in figures]
    heads = [
        f"{figure.name.removeprefix('options_')}, {count} rows" for figure, count in zip(figures, counts, strict=True)
    ]
    return [markdown.table(["eval AUC / log loss", *heads], rows)]


def _quality(settings: Mapping[str, float] | None) -> str:
    return f"{settings['auc']:.4f} / {settings['logloss']:.4f}" if settings else ""


def _cost(settings: Mapping[str, float] | None) -> str:
    return f"{settings['epochs']:.1f} / {settings['seconds']:.1f}" if settings else ""
