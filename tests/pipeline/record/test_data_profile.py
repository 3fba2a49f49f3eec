"""The features as real statistics (TFDV) have them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tensorflow_data_validation.statistics import stats_impl, stats_options

from widedeep.components.features import FeatureSpec
from widedeep.pipeline.record.data_profile import profile
from widedeep.pipeline.record.origins import origins

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "label"},
        "features": [
            {"key": "age", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
            {"key": "tags", "kind": "set", "side": "context", "transform": {"vocabulary": {}}, "wide": True},
            {
                "key": "gone",
                "kind": "categorical",
                "side": "context",
                "transform": {"hash": {"buckets": 3}},
                "wide": True,
            },
        ],
    }
)


def test_a_number_and_a_set_and_a_feature_without_values(tmp_path: Path) -> None:
    columns = {
        "age": pa.array([[20.0], [30.0], [70.0], None], pa.list_(pa.float32())),
        "tags": pa.array([[b"a", b"b"], [b"a"], None, [b"a"]], pa.list_(pa.binary())),
    }
    statistics = stats_impl.generate_statistics_in_memory(
        pa.RecordBatch.from_pydict(columns), stats_options.StatsOptions()
    )
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "Split-train" / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
    drifted = {"feature": "tags", "kind": "drift", "value": 0.1}
    age, tags, gone = profile(str(tmp_path), [drifted], SPEC)
    assert (age["feature"], age["kind"], age["present_share"], age["distances"]) == ("age", "numeric", 0.75, [])
    assert age["mean"] == 40.0
    assert age["std_dev"] == pytest.approx((1400 / 3) ** 0.5)
    assert (age["min"], age["median"], age["max"]) == (20.0, 30.0, 70.0)
    assert (tags["present_share"], tags["unique"], tags["distances"]) == (0.75, 2, [drifted])
    assert tags["top"] == [("a", 0.75), ("b", 0.25)]
    assert gone == {"feature": "gone", "kind": "categorical", "present_share": 0.0, "distances": []}


def test_a_pushed_model_tells_what_it_was_made_of() -> None:
    lineage = {
        "data": [{"span": 3, "uri": "examples/7"}, {"span": 0, "uri": "examples/9"}],
        "baseline": {"version": 2, "uri": "model/5"},
        "code": {"transform": "ab", "ingest": "cd"},
        "libraries": {"tfx": "1.21.0"},
    }
    assert origins("run-1", lineage) == [
        ("run", "run-1"),
        ("data", "span 3, examples/7"),
        ("data", "examples/9"),
        ("baseline", "version 2, model/5"),
        ("code of ingest", "cd"),
        ("code of transform", "ab"),
        ("tfx", "1.21.0"),
    ]
    assert origins("run-1", {**lineage, "baseline": None})[3][0] == "code of ingest"


def test_a_model_that_was_not_pushed_tells_its_run() -> None:
    assert origins("run-1", {}) == [("run", "run-1")]
