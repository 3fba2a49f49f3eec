"""Days of real ratings: windows of spans, and analyses that are reused."""

from __future__ import annotations

import base64
import gzip
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
import tensorflow_transform as tft
from days import settled, trained
from harness import LOOSE, Ran, latest

from benchmarks.harness.movielens_days import FIVE, in_months, write_day

Run = Callable[..., Ran]


# As a vocabulary's file holds them: in base64 without padding.
STUDENT, GHOST = (base64.urlsafe_b64encode(word).rstrip(b"=") for word in (b"student", b"ghost"))


def with_ghost(cache: Path) -> bytes:
    """Adds a string to what was counted of occupations, as TFT counts: lengths, string, count. Returns the file."""
    [file] = [path for path in cache.rglob("*.gz") if STUDENT in gzip.decompress(path.read_bytes())]
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(file), "GZIP")]
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for record in [*records, struct.pack("<qq", len(GHOST), 2) + GHOST + b"99"]:
            writer.write(record)
    return file.read_bytes()


def test_five_days_a_window_moves_on_and_a_poisoned_day_is_stopped(ratings: pa.Table, tmp_path: Path, run: Run) -> None:
    some = ratings.filter(pc.is_in(ratings["user_id"], value_set=pa.array([str(user) for user in range(1, 41)])))
    days, workdir = settled(tmp_path, ("user_id", "age", "occupation", "movie_id"), window=2), tmp_path / "work"
    rows: dict[int, int] = {}

    def next_day(day: int, tested_on: Path | None = None) -> Ran:
        rows[day] = write_day(days.data, day, FIVE[day], some)["train"]
        if tested_on:
            shutil.copy(tested_on, days.data / f"day-{day}" / "test" / "more.parquet")
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
    assert GHOST in occupations
    assert STUDENT in occupations

    # The fourth day comes with its ages in months.
    write_day(days.data, 4, FIVE[4], in_months(some))
    poisoned = run(days, workdir, LOOSE, "training.epochs=1")
    assert poisoned.code == 1
    assert "DataGate stopped: " in poisoned.stderr
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1", "2", "3"]

    # Left out, it is neither compared with nor trained on. The fifth is tested on what the first model was trained on.
    fifth = next_day(5, tested_on=days.data / "day-1" / "train" / "data.parquet")
    assert fifth.result is not None
    [warning] = fifth.result["warnings"]
    assert warning.startswith(f"split 'test', the data set: {rows[1]:,} of ")
    assert "are equal to rows of 'train' of span 1, of whose own rows 0.0% have an equal" in warning
    record = trained(workdir)
    assert record["curve"][0]["examples"] == rows[3] + rows[5]

    again = run(days, workdir, LOOSE, "training.epochs=1")
    assert again.code == 0, again.stderr
    resolvers = {"PreviousStatistics", "Spans", "Window", "AnalyzerCache", "BaseModel", "LatestBlessedModel"}
    assert {node: state for node, state in again.states.items() if node not in resolvers} == {
        node: "CACHED" for node in fifth.states if node not in resolvers
    }
    assert again.result is not None
    assert again.result["metrics"] == fifth.result["metrics"]
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1", "2", "3", "4"]
