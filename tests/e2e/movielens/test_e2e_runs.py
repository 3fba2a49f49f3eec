"""A whole pipeline on a real slice, as a person runs it: what is pushed and told, and what the cache holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from harness import Pushed, Ran, score

NODES = [
    "ExampleGen",
    "ImportSchemaGen",
    "StatisticsGen",
    "ExampleValidator",
    "DataGate",
    "Transform",
    "Trainer",
    "LatestBlessedModel",
    "Evaluator",
    "DryRun",
    "Pusher",
]
Run = Callable[..., Ran]


def test_movielens_is_pushed_then_cached(anew: Callable[[str], Pushed], run: Run) -> None:
    movielens, workdir, first = (pushed := anew("movielens")).slice, pushed.workdir, pushed.ran
    assert set(first.states) == set(NODES)
    assert set(first.states.values()) == {"COMPLETE"}
    assert first.result is not None
    assert first.result["blessed"] is True
    assert list(first.result["metrics"]) == ["candidate"]
    # Those of lists are the shipped settings'.
    assert {"gauc", "ndcg@10", "recall@10", "mrr", "hit@10"} < set(first.result["metrics"]["candidate"])
    assert (
        first.result["metrics"]["candidate"]["rows"]
        == pq.read_metadata(movielens.data / "test" / "data.parquet").num_rows
    )
    assert 0.5 < first.result["metrics"]["candidate"]["auc"] < 1
    assert first.result["pushed_to"] == str(workdir / "models" / "1")
    assert Path(first.result["report"]).read_text().count("movielens") > 0
    for told in (first.result["pushed_to"], first.result["report"], "tensorflow/serving", "blessed"):
        assert told in first.stdout
    # TensorFlow's and TFX's own words are in the log, not on the terminal.
    log = Path(first.result["log"])
    assert str(log) in first.stderr
    assert "tensorflow" in log.read_text()
    assert all(line.startswith(("✓", "movielens", "  training")) for line in first.stderr.splitlines()), first.stderr

    # Any feature but the item's key may be missing, and strings may be new.
    known = {"user_id": ["1"], "movie_id": ["50"], "genres": ["Action", "Sci-Fi"], "age": [24.0]}
    scores = score(first.result["pushed_to"], [known, {"movie_id": ["50"]}, {"movie_id": ["no such movie"]}])
    assert all(0 < value < 1 for value in scores)
    assert len(set(scores)) == 3

    # Nothing depends on how wide Beam runs.
    again = run(movielens, workdir, "beam.mode=multi_processing")
    assert again.code == 0, again.stderr
    assert {again.states[node] for node in NODES if node != "LatestBlessedModel"} == {"CACHED"}
    assert again.result is not None
    assert again.result["metrics"] == first.result["metrics"]
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1"]
