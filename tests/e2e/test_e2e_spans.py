"""Days of real ratings: a retraining starts where the last model stood, windows of spans, analyses that are reused."""

from __future__ import annotations

import base64
import gzip
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from days import settled, trained
from harness import LOOSE, Ran, Slice, latest
from retraining import Retraining, auc_of_the_served

from benchmarks.harness import movielens_days
from benchmarks.harness.movielens_days import in_months, write_day
from widedeep.components.trainer.training.state import load
from widedeep.components.trainer.warm_start.transfer import warm_start

Run = Callable[..., Ran]
# A quarter of a cold start's steps is an epoch.
EPOCHS = "training.epochs=4"
SHARES: movielens_days.Days = {
    1: {"train": (0, 60), "eval": (60, 66), "test": (66, 72)},
    2: {"train": (72, 84), "eval": (84, 88), "test": (88, 92)},
    3: {"train": (92, 94), "eval": (94, 96), "test": (96, 98)},
    4: {"train": (92, 96), "eval": (96, 98), "test": (98, 100)},
}
USERS = [str(user) for user in range(1, 601)]
# Ratings of a movie: of those that have fewer, most would be new each day.
OFTEN = 10
# As a vocabulary's file holds them: in base64 without padding.
STUDENT, GHOST = (base64.urlsafe_b64encode(word).rstrip(b"=") for word in (b"student", b"ghost"))


@dataclass
class Days:
    """A pipeline whose data come in days, each of which is run when it has come.

    Attributes:
        slice: its settings, and the folder of the days.
        workdir: its working directory.
        rows: of each day, those to train on.
        models: what the Trainer has exported on each day.
    """

    slice: Slice
    workdir: Path
    ratings: pa.Table
    _run: Run
    rows: dict[int, int] = field(default_factory=dict)
    models: list[Path] = field(default_factory=list)

    def go(self) -> Ran:
        return self._run(self.slice, self.workdir, LOOSE, EPOCHS)

    def come(self, day: int, tested_on: Path | None = None) -> Ran:
        self.rows[day] = write_day(self.slice.data, day, SHARES[day], self.ratings)["train"]
        if tested_on:
            shutil.copy(tested_on, self.slice.data / f"day-{day}" / "test" / "more.parquet")
        ran = self.go()
        assert ran.code == 0, ran.stderr
        self.models.append(latest(self.workdir, "Trainer", "model"))
        return ran


@pytest.fixture(scope="module")
def days(ratings: pa.Table, tmp_path_factory: pytest.TempPathFactory, run: Run) -> Days:
    """A window of two days, after the first two."""
    folder = tmp_path_factory.mktemp("days")
    some = ratings.filter(pc.is_in(ratings["user_id"], value_set=pa.array(USERS)))
    counted = some.group_by("movie_id").aggregate([("movie_id", "count")])
    often = counted.filter(pc.greater_equal(counted["movie_id_count"], OFTEN))["movie_id"]
    some = some.filter(pc.is_in(some["movie_id"], value_set=often.combine_chunks()))
    made = Days(settled(folder, ("user_id", "age", "occupation", "movie_id"), window=2), folder / "work", some, run)
    first = made.come(1)
    assert {"Window", "AnalyzerCache", "BaseModel"} <= first.states.keys()
    [*_, epoch] = trained(made.workdir)["curve"]
    assert epoch["examples"] == made.rows[1]
    assert trained(made.workdir)["base"] is None
    second = made.come(2)
    assert second.states["ExampleGen"] == second.states["Transform"] == second.states["Trainer"] == "COMPLETE"
    return made


def test_retraining_starts_where_the_last_model_stood(days: Days) -> None:
    """On the new day, whose vocabulary is another, and goes beyond a cold start in a quarter of its steps."""
    old, record = days.models[0], trained(days.workdir)
    assert record["curve"][0]["examples"] == days.rows[1] + days.rows[2]
    assert record["base"]["model"] == str(old / "Format-Serving")
    known = next(said for said in record["base"]["not_taken"] if said.startswith("movie_id: "))
    assert ", 0 start fresh" not in known

    before = auc_of_the_served(old, days.workdir)
    start = record["base"]["quality"]["auc"]
    assert abs(start - before) <= 0.002

    options = load(str(old / "Format-Training")).options
    cold, warm = Retraining(days.workdir, options), Retraining(days.workdir, options)
    best = 0.0
    for epoch in range(1, options.epochs + 1):
        cold.epoch(epoch)
        best = max(best, cold.auc())
    warm_start(warm.training, load(str(old / "Format-Training")))
    assert warm.auc() == pytest.approx(start, abs=1e-6)
    warm.epoch(1, cold.steps // 4)
    assert warm.steps == cold.steps // 4
    assert warm.auc() >= best
    # Not only because it stood higher already: it learns from the new day, and what it learns stays.
    assert warm.auc() > start
    assert max(row["auc"] for row in record["curve"]) > best + 0.01


def with_ghost(cache: Path) -> bytes:
    """Adds a string to what was counted of occupations, as vocabulary_analyzer.py keeps it. Returns the file."""
    [file] = [path for path in cache.rglob("*.gz") if STUDENT in gzip.decompress(path.read_bytes())]
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(file), "GZIP")]
    [(_, occupation, _)] = [record.split() for record in records if record.endswith(b" " + STUDENT)]
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for record in [*records, b"99 %s %s" % (occupation, GHOST)]:
            writer.write(record)
    return file.read_bytes()


def test_a_window_moves_on_and_a_poisoned_day_is_stopped(days: Days) -> None:
    workdir, rows = days.workdir, days.rows
    # The second day's analysis is in the cache of its run: with a string that no row has.
    cache = latest(workdir, "Transform", "updated_analyzer_cache")
    kept = sorted(path.name for path in cache.iterdir())
    assert len(kept) == 2
    [of_second] = [path for path in cache.iterdir() if not list(cache.parent.glob(f"*/{path.name}"))[1:]]
    counted = with_ghost(of_second)

    # The third day comes with its ages in months.
    write_day(days.slice.data, 3, SHARES[3], in_months(days.ratings))
    poisoned = days.go()
    assert poisoned.code == 1
    assert "DataGate stopped: " in poisoned.stderr
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1", "2"]

    # Left out, it is neither compared with nor trained on. The fourth is tested on what the first model was trained on.
    fourth = days.come(4, tested_on=days.slice.data / "day-1" / "train" / "data.parquet")
    assert fourth.result is not None
    [warning] = fourth.result["warnings"]
    assert warning.startswith(f"split 'test', the data set: {rows[1]:,} of ")
    assert "are equal to rows of 'train' of span 1, of whose own rows 0.0% have an equal" in warning
    record = trained(workdir)
    assert record["curve"][0]["examples"] == rows[2] + rows[4]
    assert record["base"]["model"] == str(days.models[1] / "Format-Serving")
    cache = latest(workdir, "Transform", "updated_analyzer_cache")
    # The first day has left the window; of the second, nothing was counted again.
    assert len(list(cache.iterdir())) == 2
    assert set(kept) & {path.name for path in cache.iterdir()} == {of_second.name}
    assert counted in [path.read_bytes() for path in (cache / of_second.name).glob("*.gz")]
    graph = tft.TFTransformOutput(str(latest(workdir, "Transform", "transform_graph")))
    occupations = graph.vocabulary_by_name("occupation_vocabulary")
    assert GHOST in occupations
    assert STUDENT in occupations

    again = days.go()
    assert again.code == 0, again.stderr
    resolvers = {"PreviousStatistics", "Spans", "Window", "AnalyzerCache", "BaseModel", "LatestBlessedModel"}
    assert {node: state for node, state in again.states.items() if node not in resolvers} == {
        node: "CACHED" for node in fourth.states if node not in resolvers
    }
    assert again.result is not None
    assert again.result["metrics"] == fourth.result["metrics"]
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1", "2", "3"]
