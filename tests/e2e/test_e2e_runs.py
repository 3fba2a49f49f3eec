"""Whole pipelines on real slices: pushed models, caches, baselines, and models that are not good enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from calls import started
from harness import LOOSE, Pushed, Ran, Slice, score

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


@pytest.mark.xdist_group("movielens")
def test_movielens_is_pushed_then_cached_then_retrained_against_its_baseline(
    anew: Callable[[str], Pushed], run: Run
) -> None:
    movielens, workdir, first = (pushed := anew("movielens")).slice, pushed.workdir, pushed.ran
    assert set(first.states) == set(NODES)
    assert set(first.states.values()) == {"COMPLETE"}
    assert first.result is not None
    assert first.result["blessed"] is True
    assert list(first.result["metrics"]) == ["candidate"]
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

    again = run(movielens, workdir)
    assert again.code == 0, again.stderr
    assert {again.states[node] for node in NODES if node != "LatestBlessedModel"} == {"CACHED"}
    assert again.result is not None
    assert again.result["metrics"] == first.result["metrics"]
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1"]

    retrained = run(movielens, workdir, "training.seed=7", LOOSE)
    assert retrained.code == 0, retrained.stderr
    ran = {node for node, state in retrained.states.items() if state == "COMPLETE"}
    assert ran == {"Trainer", "LatestBlessedModel", "Evaluator", "DryRun", "Pusher"}
    assert retrained.result is not None
    assert retrained.result["metrics"]["baseline"] == pytest.approx(first.result["metrics"]["candidate"], abs=1e-6)
    assert retrained.result["pushed_to"] == str(workdir / "models" / "2")


@pytest.mark.xdist_group("census")
def test_a_change_in_features_yaml_never_meets_a_stale_cache(anew: Callable[[str], Pushed], run: Run) -> None:
    census, workdir = (pushed := anew("census")).slice, pushed.workdir
    features = census.pipeline.parent / "features.yaml"
    declared = yaml.safe_load(features.read_text())
    declared["crosses"] = declared["crosses"][:1]
    features.write_text(yaml.safe_dump(declared))

    # It is not blessed either, since no census model reaches an AUC of 0.999.
    changed = run(census, workdir, "evaluation.bounds={auc: {at_least: 0.999}}")
    assert changed.code == 3, changed.stderr
    assert changed.states["Transform"] == changed.states["Trainer"] == "COMPLETE"
    assert changed.result is not None
    assert changed.result["pushed_to"] is None
    assert "not blessed: auc is 0." in changed.stdout
    assert "at least 0.999 is needed" in changed.stdout
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1"]


@pytest.mark.xdist_group("taxi")
def test_one_csv_with_a_hash_split_spans_and_a_derived_schema(taxi: Slice, tmp_path: Path, run: Run) -> None:
    lines = [(taxi.data / split / "data.csv").read_text().splitlines() for split in ("train", "eval", "test")]
    rows = [line for split in lines for line in split[1:]]
    for span, part in ((1, rows[:2400]), (2, rows[2400:])):
        (taxi.data / f"day-{span}").mkdir()
        (taxi.data / f"day-{span}" / "trips.csv").write_text("\n".join([lines[0][0], *part]) + "\n")
    settings = yaml.safe_load(taxi.pipeline.read_text())
    settings.pop("schema", None)
    settings["data"] = {
        "path": str(taxi.data),
        "format": "csv",
        "pattern": "day-{SPAN}/*",
        "hash_split": {"train": 3, "eval": 1, "test": 1},
    }
    taxi.pipeline.write_text(yaml.safe_dump(settings))

    latest = run(taxi, tmp_path / "work")
    assert latest.code == 0, latest.stderr
    assert latest.result is not None
    held_out = latest.result["metrics"]["candidate"]["rows"]
    # A fifth of 2,400 rows, give or take five standard deviations.
    assert abs(held_out - 480) < 5 * (2400 * 0.2 * 0.8) ** 0.5
    with started(taxi, tmp_path / "work", "data.span=1") as earlier:
        assert "cached" not in earlier.wait_for("✓ ExampleGen")
        earlier.process.kill()
