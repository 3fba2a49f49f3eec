"""Days of real ratings: windows of spans, analyses that are reused, and retraining that starts from the last model."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import yaml
from harness import LOOSE, ROOT, Ran, Slice, latest
from sklearn.metrics import roc_auc_score

from benchmarks.harness.movielens_days import FIVE, Days, by_share, in_months, write_day
from widedeep.components import features
from widedeep.components.common.errors import DataError
from widedeep.components.trainer.model.heads import head
from widedeep.components.trainer.training.evaluation import evaluate
from widedeep.components.trainer.training.split_examples import SplitExamples
from widedeep.components.trainer.training.state import Training, load, new_training
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.trainer.vocabularies import vocabularies
from widedeep.components.trainer.warm_start.transfer import warm_start

Run = Callable[..., Ran]
# What was held out on the first day is known on the second.
TWO: Days = {
    1: {"train": (0, 64), "eval": (64, 72), "test": (72, 80)},
    2: {"train": (64, 80), "eval": (80, 90), "test": (90, 100)},
}


@pytest.fixture(scope="session")
def ratings(prepared: Callable[[str], Path]) -> pa.Table:
    """MovieLens, with each rating's place among its user's: `share` in percent."""
    whole = ROOT / "data" / "movielens"
    if not (whole / "SOURCE.txt").is_file():
        try:
            whole = prepared("movielens")
        except DataError as error:
            pytest.skip(f"MovieLens can't be had: {error}")
    return by_share(whole)


def settled(folder: Path, some: Collection[str] = (), **data: Any) -> Slice:
    """MovieLens's settings for data that come in days, with some features or all of them."""
    for file in (ROOT / "schema" / "movielens").iterdir():
        (folder / file.name).write_text(file.read_text())
    settings = yaml.safe_load((folder / "pipeline.yaml").read_text())
    splits = {split: f"day-{{SPAN}}/{split}/*" for split in ("train", "eval", "test")}
    settings["data"] = {"path": "data", "format": "parquet", "splits": splits} | data
    if some:
        declared = yaml.safe_load((folder / "features.yaml").read_text())
        declared["features"] = [feature for feature in declared["features"] if feature["key"] in some]
        declared["crosses"] = [cross for cross in declared["crosses"] if set(cross["keys"]) <= set(some)]
        (folder / "features.yaml").write_text(yaml.safe_dump(declared))
        del settings["schema"]
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(settings))
    return Slice(folder / "pipeline.yaml", folder / "data")


def trained(workdir: Path) -> dict[str, Any]:
    return json.loads((latest(workdir, "Trainer", "model_run") / "training.json").read_text())


def with_ghost(cache: Path) -> bytes:
    """Adds a string to what was counted of occupations, as TFT counts: lengths, string, count. Returns the file."""
    [file] = [path for path in cache.rglob("*.gz") if b"student" in gzip.decompress(path.read_bytes())]
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(file), "GZIP")]
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for record in [*records, struct.pack("<qq", 5, 2) + b"ghost" + b"99"]:
            writer.write(record)
    return file.read_bytes()


@pytest.mark.xdist_group("days")
def test_five_days_a_window_moves_on_and_a_poisoned_day_is_stopped(ratings: pa.Table, tmp_path: Path, run: Run) -> None:
    some = ratings.filter(pc.is_in(ratings["user_id"], value_set=pa.array([str(user) for user in range(1, 41)])))
    days, workdir = settled(tmp_path, ("user_id", "age", "occupation", "movie_id"), window=2), tmp_path / "work"
    rows: dict[int, int] = {}

    def next_day(day: int) -> Ran:
        rows[day] = write_day(days.data, day, FIVE[day], some)["train"]
        ran = run(days, workdir, LOOSE, "training.epochs=1")
        assert ran.code == 0, ran.stderr
        return ran

    first = next_day(1)
    assert {"Window", "AnalyzerCache", "BaseModel"} <= first.states.keys()
    [epoch] = trained(workdir)["curve"]
    assert epoch["examples"] == rows[1]
    assert trained(workdir)["base"] is None
    models = [latest(workdir, "Trainer", "model")]

    second = next_day(2)
    assert second.states["ExampleGen"] == second.states["Transform"] == second.states["Trainer"] == "COMPLETE"
    record = trained(workdir)
    assert record["curve"][0]["examples"] == rows[1] + rows[2]
    assert record["base"]["model"] == str(models[0] / "Format-Serving")
    assert any(said.startswith("movie_id: ") for said in record["base"]["not_taken"])
    models.append(latest(workdir, "Trainer", "model"))
    # The second day's analysis is in the cache of its run: with a string that no row has.
    cache = latest(workdir, "Transform", "updated_analyzer_cache")
    kept = sorted(path.name for path in cache.iterdir())
    assert len(kept) == 2
    [of_second] = [path for path in cache.iterdir() if not list(cache.parent.glob(f"*/{path.name}"))[1:]]
    counted = with_ghost(of_second)

    next_day(3)
    record = trained(workdir)
    assert record["curve"][0]["examples"] == rows[2] + rows[3]
    assert record["base"]["model"] == str(models[1] / "Format-Serving")
    cache = latest(workdir, "Transform", "updated_analyzer_cache")
    # The first day has left the window; of the second, nothing was counted again.
    assert len(list(cache.iterdir())) == 2
    assert set(kept) & {path.name for path in cache.iterdir()} == {of_second.name}
    assert counted in [path.read_bytes() for path in (cache / of_second.name).glob("*.gz")]
    graph = tft.TFTransformOutput(str(latest(workdir, "Transform", "transform_graph")))
    occupations = graph.vocabulary_by_name("occupation_vocabulary")
    assert b"ghost" in occupations
    assert b"student" in occupations

    # The fourth day comes with its ages in months.
    write_day(days.data, 4, FIVE[4], in_months(some))
    poisoned = run(days, workdir, LOOSE, "training.epochs=1")
    assert poisoned.code == 1
    assert "DataGate stopped: " in poisoned.stderr
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1", "2", "3"]

    # Left out, it is neither compared with nor trained on.
    fifth = next_day(5)
    record = trained(workdir)
    assert record["curve"][0]["examples"] == rows[3] + rows[5]

    again = run(days, workdir, LOOSE, "training.epochs=1")
    assert again.code == 0, again.stderr
    resolvers = {"PreviousStatistics", "Window", "AnalyzerCache", "BaseModel", "LatestBlessedModel"}
    assert {node: state for node, state in again.states.items() if node not in resolvers} == {
        node: "CACHED" for node in fifth.states if node not in resolvers
    }
    assert again.result is not None
    assert fifth.result is not None
    assert again.result["metrics"] == fifth.result["metrics"]
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1", "2", "3", "4"]


def records(examples: Path, split: str) -> Iterator[bytes]:
    for path in sorted((examples / f"Split-{split}").iterdir()):
        yield from tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator()


def auc_of_the_served(model: Path, examples: Path) -> float:
    """Of a model as it is served, on raw rows."""
    served = tf.saved_model.load(str(model / "Format-Serving")).signatures["serving_default"]
    raw = list(records(examples, "eval"))
    scores = [served(examples=tf.constant(raw[at : at + 2000]))["score"].numpy() for at in range(0, len(raw), 2000)]
    labels = [tf.train.Example.FromString(one).features.feature["label"].int64_list.value[0] for one in raw]
    return float(roc_auc_score(labels, np.concatenate(scores)))


class Retraining:
    """The second day's training by hand: the Trainer's steps, one at a time."""

    def __init__(self, workdir: Path, options: TrainingOptions) -> None:
        spec = features.load(workdir.parent / "features.yaml")
        graph = tft.TFTransformOutput(str(latest(workdir, "Transform", "transform_graph")))
        self.training: Training = new_training(spec, options, vocabularies(spec, graph))
        self._examples = latest(workdir, "Transform", "transformed_examples")
        [self._block] = self._source("train").blocks()
        self.steps = 0

    def _source(self, split: str) -> SplitExamples:
        return SplitExamples([f"{self._examples}/Split-{split}/*"], self.training.spec, self.training.layout)

    def auc(self) -> float:
        return evaluate(self.training.trainer, head(self.training.spec.label), self._source("eval"))["auc"]

    def epoch(self, number: int, steps: int | None = None) -> None:
        """An epoch, or its first steps, in the Trainer's order."""
        options = self.training.options
        order = np.random.default_rng([options.seed, number, 0]).permutation(self._block.examples)
        for batch in self._block.batches(options.batch_size, order).take(-1 if steps is None else steps):
            self.training.trainer.step(batch)
            self.steps += 1


@pytest.mark.xdist_group("retraining")
def test_retraining_starts_where_the_last_model_stood(ratings: pa.Table, tmp_path: Path, run: Run) -> None:
    """On the new day, whose vocabulary is another, and goes beyond a cold start in a quarter of its steps."""
    days, workdir = settled(tmp_path), tmp_path / "work"
    write_day(days.data, 1, TWO[1], ratings)
    assert run(days, workdir).code == 0
    old = latest(workdir, "Trainer", "model")
    write_day(days.data, 2, TWO[2], ratings)
    assert run(days, workdir).code in (0, 3)
    record = trained(workdir)
    assert record["base"]["model"] == str(old / "Format-Serving")
    known = next(said for said in record["base"]["not_taken"] if said.startswith("movie_id: "))
    assert "0 start fresh" not in known

    before = auc_of_the_served(old, latest(workdir, "ExampleGen", "examples"))
    start = record["base"]["quality"]["auc"]
    assert abs(start - before) <= 0.002

    options = load(str(old / "Format-Training")).options
    cold, warm = Retraining(workdir, options), Retraining(workdir, options)
    best = 0.0
    for epoch in range(1, options.epochs + 1):
        cold.epoch(epoch)
        best = max(best, cold.auc())
    warm_start(warm.training, load(str(old / "Format-Training")))
    assert warm.auc() == pytest.approx(start, abs=1e-6)
    # A quarter of the cold start's steps is less than an epoch.
    warm.epoch(1, cold.steps // 4)
    assert warm.steps == cold.steps // 4
    assert warm.auc() >= best
    # Not only because it stood higher already: it learns from the new day, and what it learns stays.
    assert warm.auc() > start
    assert max(row["auc"] for row in record["curve"]) > best + 0.01
