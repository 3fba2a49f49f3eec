"""How good the training's defaults, and other settings, are on six data sets, each with nothing of its own set.

    python -m benchmarks run defaults [--originals data] [--only census] [--seeds 3] [--split eval]
        [--with "epochs=3 deep.dropout=0.2"]

MovieLens-100K, Taxi and Census are fetched; of Frappe, Criteo and Avazu those count that lie under `--originals` (see
click_logs.py). Each is transformed once; then one process trains on it with the defaults and with each `--with`.
Defaults are chosen on eval. What they came to is measured on test, once.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure, print_figures
from benchmarks.training import click_logs
from widedeep.components import features
from widedeep.components.trainer.hyperparameters import with_values
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.pipeline import datasets
from widedeep.pipeline.definition import config
from widedeep.pipeline.local.session import open_session

_ORIGINALS: dict[str, Callable[[Path, Path], None]] = {
    "frappe": click_logs.frappe,
    "criteo": click_logs.criteo,
    "avazu": click_logs.avazu,
}
# Drafted from their files; the others have a folder of their own.
_DRAFTED = {"criteo": "label", "avazu": "click"}
TABLES = (*datasets.NAMES, *_ORIGINALS)
DEFAULTS = "defaults"


@dataclass(frozen=True)
class Transformed:
    """A data set as the Trainer takes it in: the declaration, Transform's graph, and the folder of the examples."""

    spec: features.FeatureSpec
    graph: str
    examples: Path

    def split(self, name: str) -> list[str]:
        """The pattern of a split's files."""
        return [str(self.examples / f"Split-{name}" / "*")]


@click.command()
@click.option("--originals", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
@click.option("--only", multiple=True, type=click.Choice(TABLES), help="These data sets alone.")
@click.option("--seeds", default=3, show_default=True, help="Each is trained with seeds 1 to N.")
@click.option("--split", type=click.Choice(["eval", "test"]), default="eval", show_default=True)
@click.option(
    "--with", "settings", multiple=True, metavar="'KEY=VALUE ...'", help="Other settings beside the defaults."
)
def main(originals: Path, only: tuple[str, ...], seeds: int, split: str, settings: tuple[str, ...]) -> None:
    """Trains and measures."""
    candidates = {DEFAULTS: {}, **{given: parsed(given) for given in settings}}
    figures = []
    for name in only or TABLES:
        if name in _ORIGINALS and not (originals / name).is_dir():
            click.echo(f"{name} is left out: {originals / name} is no folder", err=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            data = _transformed(name, originals, Path(folder))
            figures.append(
                figure(name, split, {key: _trained(data, split, seeds, candidates[key]) for key in candidates})
            )
        click.echo(f"{name}: {figures[-1].details}", err=True)
    print_figures(figures)


def parsed(given: str) -> dict[str, Any]:
    """Training options by dotted name, from `epochs=3 deep.dropout=0.2`."""
    pairs = [setting.partition("=") for setting in given.split()]
    return {key: yaml.safe_load(value) for key, _, value in pairs}


def _transformed(name: str, originals: Path, folder: Path) -> Transformed:
    """Runs the data set's own pipeline up to Transform."""
    schema = subprocesses.ROOT / "schema" / name
    if name in _ORIGINALS:
        _ORIGINALS[name](originals, folder / "data" / name)
    else:
        datasets.prepare(name, folder / "data" / name)
    if name in _DRAFTED:
        schema = folder / "schema"
        flags = ("--label", _DRAFTED[name], "--name", name, "--out", schema)
        subprocesses.run("widedeep.pipeline.cli", "init", folder / "data" / name, *flags, log=folder / "log.txt")
    settings = config.load(schema / "pipeline.yaml", (f"data.path={folder / 'data' / name}",))
    with open_session(settings, folder / "work") as session:
        from widedeep.pipeline.local.ablation import transformed

        examples, graph = transformed(session)
    return Transformed(features.load(Path(settings.features)), graph, Path(examples))


def _trained(data: Transformed, split: str, seeds: int, values: Mapping[str, Any]) -> list[dict[str, float]]:
    """Metrics on the split, epochs and seconds of a training for each seed."""
    import tensorflow_transform as tft

    from widedeep.components.trainer.estimator import WideDeepEstimator

    rows = []
    for seed in range(1, seeds + 1):
        options = with_values(TrainingOptions(), {**values, "seed": seed})
        estimator = WideDeepEstimator(data.spec, tft.TFTransformOutput(data.graph), options)
        curve = estimator.train(data.split("train"), data.split("eval"))
        passes = {"epochs": len(curve), "seconds": sum(epoch.seconds for epoch in curve)}
        rows.append({**estimator.evaluate(data.split(split)), **passes})
    return rows


def figure(name: str, split: str, trained: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """The AUC with the defaults; all metrics of all settings in the details.

    Args:
        name: of the data set.
        split: that was measured.
        trained: by settings, a row a seed.
    """
    settings: dict[str, Any] = {}
    for key, rows in trained.items():
        settings[key] = {what: round(statistics.fmean(row[what] for row in rows), 4) for what in rows[0]}
        if len(rows) > 1:
            settings[key] |= {f"{what}_sd": statistics.stdev(row[what] for row in rows) for what in ("auc", "logloss")}
    details = {"split": split, "seeds": len(trained[DEFAULTS]), "settings": settings}
    against = ", ".join(key for key in trained if key != DEFAULTS)
    return Figure(f"defaults_{name}", settings[DEFAULTS]["auc"], "auc", None, against, details)


if __name__ == "__main__":
    main()
