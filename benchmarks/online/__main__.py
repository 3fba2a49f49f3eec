"""`python -m benchmarks.online`: see the package's docstring."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from benchmarks.harness.figures import print_figures
from benchmarks.online.gains import figures
from benchmarks.online.history import DAYS, logged, trained
from benchmarks.online.trial import ONLINE_DAYS, PERFECT, POPULARITY, trial
from widedeep.components.common.files import write_whole
from widedeep.pipeline.datasets.appstore.live import LiveStore
from widedeep.pipeline.datasets.appstore.store import Size

MODELS = ("wide", "deep", "wide_deep")


@click.command()
@click.option("--seeds", default=5, show_default=True, help="Stores, each with models of its own.")
@click.option("--rows", default=300_000, show_default=True, help="Impressions of eight days.")
@click.option("--requests", default=30_000, show_default=True, help="That the models answer, together.")
@click.option("--mix", default=0.5, show_default=True, help="The share of the exceptions.")
@click.option("--work", type=click.Path(file_okay=False, path_type=Path), help="Keeps the seeds that are done.")
def main(seeds: int, rows: int, requests: int, mix: float, work: Path | None) -> None:
    """Simulates the trial."""
    with ExitStack() as stack:
        folder = work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trials = []
        for seed in range(1, seeds + 1):
            here = folder / f"mix-{mix:g}-rows-{rows}-requests-{requests}-seed-{seed}"
            kept = folder / f"{here.name}.json"
            if not kept.exists():
                write_whole(kept, json.dumps(history_and_trial(seed, rows, requests, mix, here)).encode())
                shutil.rmtree(here)
            trials.append(json.loads(kept.read_text()))
            click.echo(f"seed {seed}: {trials[-1]}", err=True)
    print_figures(figures(trials, {"rows": rows, "requests": requests, "mix": mix}))


def history_and_trial(seed: int, rows: int, requests: int, mix: float, folder: Path) -> dict[str, Any]:
    """A store's models and the rails: AUC on the test day, and what they have shown in the trial.

    The folder keeps which models are trained, for the case that this is interrupted.
    """
    store = LiveStore(Size(rows, DAYS + ONLINE_DAYS, seed=seed, mix=mix))
    history = logged(store, rows, folder / "data")
    auc, models = {POPULARITY: history.popularity.auc, PERFECT: history.true_chance.auc}, {}
    for model in MODELS:
        record = trained(model, seed, folder, rows)
        auc[model] = record["metrics"]["candidate"]["auc"]
        # Each is a model of its own on the server.
        models[model] = folder / model
        shutil.copytree(record["pushed_to"], models[model] / "1", dirs_exist_ok=True)
    shown = trial(store, history.install_rates, models, requests)
    return {"auc": auc, "shown": {name: asdict(of_ranker) for name, of_ranker in shown.items()}}


if __name__ == "__main__":
    main()
