"""What the kept figures of drafts say, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.harness import markdown
from benchmarks.harness.figures import Figure

_MODELS = ("draft", "logistic_regression", "lightgbm", "curated")


def drafts(figures: Sequence[Figure]) -> list[str]:
    """A row a table: its rows, the seconds of `init`, and AUC / log loss of the draft and what stands beside it."""
    rows = []
    for figure in figures:
        if "models" not in figure.details:
            continue
        models = figure.details["models"]
        cells = [
            f"{models[name]['auc']:.4f} / {models[name]['logloss']:.4f}" if name in models else "" for name in _MODELS
        ]
        of_splits = figure.details["rows"]
        counts = [f"{sum(of_splits.values()):,}", f"{of_splits['test']:,}"]
        rows.append([figure.name.removeprefix("draft_"), *counts, f"{figure.details['init_seconds']:.0f}", *cells])
    heads = ["AUC / log loss on test", "rows", "test rows", "s of `init`", "draft", "logistic regression", "LightGBM"]
    return [markdown.table([*heads, "by hand"], rows)] if rows else []
