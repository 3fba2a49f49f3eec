"""Six data sets as the Trainer takes them in, and what trainings on them come to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import yaml

from benchmarks.harness import subprocesses
from benchmarks.training import click_logs
from widedeep.components import features
from widedeep.components.trainer.hyperparameters import with_values
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.pipeline import datasets
from widedeep.pipeline.definition import config
from widedeep.pipeline.local.session import open_session

ORIGINALS: dict[str, Callable[[Path, Path], None]] = {
    "frappe": click_logs.frappe,
    "criteo": click_logs.criteo,
    "avazu": click_logs.avazu,
}
# Drafted from their files; the others have a folder of their own.
_DRAFTED = {"criteo": "label", "avazu": "click"}
TABLES = (*datasets.NAMES, *ORIGINALS)


@dataclass(frozen=True)
class Transformed:
    """A data set as the Trainer takes it in: the declaration, Transform's graph, and the folder of the examples."""

    spec: features.FeatureSpec
    graph: str
    examples: Path

    def split(self, name: str) -> list[str]:
        """The pattern of a split's files."""
        return [str(self.examples / f"Split-{name}" / "*")]


def data_sets(only: Sequence[str], originals: Path) -> Iterator[tuple[str, Transformed, Path]]:
    """Yields the name of each, what Transform made of it, and a folder, which goes with the next.

    Args:
        only: names of those wanted; none: of all.
        originals: the folder of the logs; one that is not there is left out, and it is said.
    """
    for name in only or TABLES:
        if name in ORIGINALS and not (originals / name).is_dir():
            click.echo(f"{name} is left out: {originals / name} is no folder", err=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            yield name, transformed(name, originals, Path(folder)), Path(folder)


def transformed(name: str, originals: Path, folder: Path) -> Transformed:
    """Runs the data set's own pipeline up to Transform."""
    schema = subprocesses.ROOT / "schema" / name
    if name in ORIGINALS:
        ORIGINALS[name](originals, folder / "data" / name)
    else:
        datasets.prepare(name, folder / "data" / name)
    if name in _DRAFTED:
        schema = folder / "schema"
        flags = ("--label", _DRAFTED[name], "--name", name, "--out", schema)
        subprocesses.run("widedeep.pipeline.cli", "init", folder / "data" / name, *flags, log=folder / "log.txt")
    settings = config.load(schema / "pipeline.yaml", (f"data.path={folder / 'data' / name}",))
    with open_session(settings, folder / "work") as session:
        from widedeep.pipeline.local.ablation import transformed as until_transform

        examples, graph = until_transform(session)
    return Transformed(features.load(Path(settings.features)), graph, Path(examples))


def fewer(data: Transformed, most: Mapping[str, int], folder: Path) -> tuple[Transformed, dict[str, int]]:
    """The data set with so many rows of each split at most, drawn at random, and how many it has then.

    Args:
        data: the whole one.
        most: rows by split.
        folder: to write them to.
    """
    import tensorflow as tf

    rows = {}
    for split, limit in most.items():
        files = sorted(name for pattern in data.split(split) for name in tf.io.gfile.glob(pattern))
        records = list(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())
        chosen = np.sort(np.random.default_rng(click_logs.SEED).permutation(len(records))[:limit])
        (folder / f"Split-{split}").mkdir(parents=True)
        with tf.io.TFRecordWriter(str(folder / f"Split-{split}" / "rows.gz"), "GZIP") as writer:
            for row in chosen:
                writer.write(records[row])
        rows[split] = len(chosen)
    return Transformed(data.spec, data.graph, folder), rows


def parsed(given: str) -> dict[str, Any]:
    """Training options by dotted name, from `epochs=3 deep.dropout=0.2`."""
    pairs = [setting.partition("=") for setting in given.split()]
    return {key: yaml.safe_load(value) for key, _, value in pairs}


def trained(data: Transformed, split: str, seeds: Sequence[int], values: Mapping[str, Any]) -> list[dict[str, float]]:
    """Metrics on the split, epochs and seconds of a training for each seed.

    Args:
        data: to train on.
        split: that is measured.
        seeds: of the trainings.
        values: training options by dotted name; the others are the defaults.
    """
    import tensorflow_transform as tft

    from widedeep.components.trainer.estimator import WideDeepEstimator

    rows = []
    for seed in seeds:
        options = with_values(TrainingOptions(), {**values, "seed": seed})
        estimator = WideDeepEstimator(data.spec, tft.TFTransformOutput(data.graph), options)
        curve = estimator.train(data.split("train"), data.split("eval"))
        passes = {"epochs": len(curve), "seconds": sum(epoch.seconds for epoch in curve)}
        rows.append({**estimator.evaluate(data.split(split)), **passes})
    return rows
