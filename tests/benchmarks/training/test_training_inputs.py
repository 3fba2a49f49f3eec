"""What both sides of a comparison read is the same, and as the other side needs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.training.estimator import quality_of
from benchmarks.training.step import timing
from benchmarks.training.step.timing import BATCH, ITEMS, WIDE_IDS
from benchmarks.training.tf_estimator.rows import fill, padded, read
from widedeep.components import features

DECLARED = Path("benchmarks/training/tf_estimator/features.yaml")


def test_the_shared_declaration_has_what_feature_columns_can_say() -> None:
    spec = features.load(DECLARED)
    for feature in spec.features:
        wanted = {"z_score", "buckets"} if feature.kind == "numeric" else {"hash"}
        assert feature.transform.names == wanted, feature.key
    assert [cross.buckets for cross in spec.crosses] == [1_000_000] * 7


def test_rows_become_arrays_with_missing_values_told(tmp_path: Path) -> None:
    declared = {
        "label": {"key": "taken"},
        "features": [
            {"key": "age", "kind": "numeric"},
            {"key": "movie", "kind": "categorical"},
            {"key": "seen", "kind": "set"},
        ],
    }
    columns = {"age": [2.0, None], "movie": ["é", None], "seen": [["a"], ["b", "c"]], "taken": [1, 0], "other": [0, 0]}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    columns_read, label = read(tmp_path, declared)
    assert columns_read["age"].dtype == np.float32
    np.testing.assert_array_equal(columns_read["age"], [2.0, np.nan])
    assert columns_read["movie"].tolist() == ["é".encode(), b""]
    assert columns_read["seen"].tolist() == [[b"a", b""], [b"b", b"c"]]
    assert label.tolist() == [1, 0]
    assert set(columns_read) == {"age", "movie", "seen"}


def test_sets_are_padded_behind_their_members() -> None:
    assert padded([["a", "b", "c"], [], ["d"]]).tolist() == [[b"a", b"b", b"c"], [b"", b"", b""], [b"d", b"", b""]]


def test_a_missing_number_becomes_the_mean_of_the_rows_that_were_trained_on() -> None:
    train = {"age": np.array([1, np.nan, 4], np.float32), "movie": np.array([b"x"], object)}
    moments = fill(train)
    # The mean of 1 and 4 is 2.5; both are 1.5 from it.
    assert moments == {"age": (2.5, 1.5)}
    assert train["age"].tolist() == [1, 2.5, 4]
    test = {"age": np.array([np.nan, 9], np.float32)}
    assert fill(test, moments) == moments
    assert test["age"].tolist() == [2.5, 9]


def test_quality_counts_pairs_and_takes_logarithms() -> None:
    label, score = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.5, 0.8])
    auc, logloss = quality_of(label, score)
    # Of the four pairs of a 1 and a 0, all but (0.5, 0.6) are in order.
    assert auc == pytest.approx(3 / 4)
    assert logloss == pytest.approx(-(np.log(0.9) + np.log(0.4) + np.log(0.5) + np.log(0.8)) / 4)


def test_steps_of_two_sizes_differ_by_the_remainder_of_their_ids_alone() -> None:
    small, large = timing.batches(1_000), timing.batches(10_000_000)
    for (wide, item, label), (other_wide, other_item, other_label) in zip(small, large, strict=True):
        assert wide.shape == (BATCH, WIDE_IDS)
        assert item.max() < ITEMS
        assert other_wide.max() >= 1_000
        np.testing.assert_array_equal(item, other_item)
        np.testing.assert_array_equal(label, other_label)
        # 10,000,000 is a multiple of 1,000.
        np.testing.assert_array_equal(wide, other_wide % 1_000)


def test_sizes_are_timed_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.json"
    monkeypatch.setattr(sys, "argv", ["x", str(out), "100", "1000"])
    seen: list[tuple[int, int]] = []

    def make(buckets: int) -> timing.Step:
        return lambda wide, _item, _label: seen.append((buckets, int(wide.max())))

    timing.measure(make)
    told = json.loads(out.read_text())
    assert {size: len(times) for size, times in told.items()} == {"100": 50, "1000": 50}
    assert all(time >= 0 for times in told.values() for time in times)
    turns = [100] * 5 + [1000] * 5 + ([100] * 10 + [1000] * 10) * 5
    assert [size for size, _ in seen] == turns
    assert all(largest < size for size, largest in seen)
