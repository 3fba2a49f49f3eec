"""How good the model of an untouched draft is on six tables of others, beside three that a person could have.

    python -m benchmarks run drafts [--originals data] [--only adult]

`widedeep init FILES --label COLUMN` and `widedeep run`, not a line touched. Beside the draft, on its own split and
rows: a logistic regression over its columns (the run's own), LightGBM with its defaults, and the declaration in schema/
that was written for the table by hand, where there is one. Frappe's, Criteo's and Avazu's logs count that lie under
`--originals`.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from benchmarks.drafts.curated import WRITINGS
from benchmarks.drafts.raw_tables import TABLES, RawTable
from benchmarks.drafts.split_columns import SplitColumns
from benchmarks.drafts.trees import trees
from benchmarks.harness import subprocesses
from benchmarks.harness.data_steps import SPLITS
from benchmarks.harness.figures import Figure, print_figures
from widedeep.components import features

_CLI = "widedeep.pipeline.cli"
# A model that is not blessed, or not tried, has its metrics all the same.
_FINE = (0, 3, 4)
_METRICS = ("auc", "logloss")


@click.command()
@click.option("--originals", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(TABLES)), help="These tables alone.")
def main(originals: Path, only: tuple[str, ...]) -> None:
    """Drafts, runs and measures."""
    all_figures: list[Figure] = []
    for name in only or TABLES:
        table = TABLES[name]
        if table.original and not (originals / name).is_dir():
            click.echo(f"{name} is left out: {originals / name} is no folder", err=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            measured = measure(name, table, originals.resolve(), Path(folder))
        click.echo(f"{name}: {json.dumps(measured)}", err=True)
        all_figures += figures(name, measured)
    print_figures(all_figures)


def measure(name: str, table: RawTable, originals: Path, folder: Path) -> dict[str, Any]:
    """What the draft of a table, and what stands beside it, came to on the split test."""
    for each in ("data", "draft", "trees"):
        (folder / each).mkdir()
    data = table.files(originals, folder / "data")
    started = time.perf_counter()
    flags = ("--label", table.label, "--name", name, "--out", folder / "draft" / name)
    subprocesses.run(_CLI, "init", data, *flags, log=folder / "init.txt")
    seconds = time.perf_counter() - started
    run = _run(folder / "draft" / name, folder / "work")
    spec = features.load(folder / "draft" / name / "features.yaml")
    splits = {split: SplitColumns.read(folder / "work", split, spec) for split in SPLITS}
    models = {"draft": run["metrics"]["candidate"], "lightgbm": trees(splits, folder / "trees")}
    models |= {rail["name"]: rail["metrics"] for rail in run["rails"]["rails"] if rail["name"] == "logistic_regression"}
    if table.curated is not None:
        rows = WRITINGS[name](data, splits, folder / "curated")
        schema = subprocesses.ROOT / "schema" / table.curated
        models["curated"] = _run(schema, folder / "by_hand", "--set", f"data.path={rows}")["metrics"]["candidate"]
    [of_logistic] = [rail for rail in run["rails"]["rails"] if rail["name"] == "logistic_regression"]
    return {
        "rows": {split: len(columns.label) for split, columns in splits.items()},
        "init_seconds": round(seconds, 1),
        "blessed": run["blessed"],
        "models": {
            model: {metric: round(metrics[metric], 4) for metric in _METRICS} for model, metrics in models.items()
        },
        # Of the draft's AUC less the logistic regression's, 95 %.
        "interval": [round(end, 4) for end in of_logistic["intervals"]["auc"]],
    }


def _run(schema: Path, workdir: Path, *flags: object) -> dict[str, Any]:
    """The summary of `widedeep run`."""
    out, log = workdir.with_suffix(".json"), workdir.with_suffix(".txt")
    process = subprocesses.start(
        _CLI, "run", schema / "pipeline.yaml", "--workdir", workdir, "--json", out, *flags, log=log
    )
    if process.wait() not in _FINE:
        subprocesses.finish(process, log)
    summary: dict[str, Any] = json.loads(out.read_text())
    return summary


def figures(name: str, measured: Mapping[str, Any]) -> list[Figure]:
    """The draft's AUC, and how far it is from the others'.

    Args:
        name: of the table.
        measured: as `measure` has it.
    """
    auc = {model: metrics["auc"] for model, metrics in measured["models"].items()}
    against = ", ".join(model for model in auc if model != "draft")
    auc_figures = [Figure(f"draft_{name}", auc["draft"], "auc", None, against, dict(measured))]
    over = auc["draft"] - auc["logistic_regression"]
    auc_figures.append(Figure(f"draft_{name}_over_logistic", over, "auc", ">= 0", "logistic_regression", {}))
    if "curated" in auc:
        behind = auc["curated"] - auc["draft"]
        auc_figures.append(Figure(f"draft_{name}_behind_curated", behind, "auc", "<= 0.005", "curated", {}))
    return auc_figures


if __name__ == "__main__":
    main()
