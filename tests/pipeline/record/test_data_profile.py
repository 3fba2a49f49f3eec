"""The features as real statistics (TFDV) have them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from tensorflow_data_validation.statistics import stats_impl, stats_options

from widedeep.components.features import FeatureSpec
from widedeep.components.gate.gate_verdict import Distance
from widedeep.pipeline.record.data_profile import profile

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
    drifted = Distance(
        split="train", feature="tags", kind="drift", measure="L-infinity distance", value=0.1, limit=0.2, changes="more"
    )
    age, tags, gone = profile(str(tmp_path), [drifted], SPEC)
    assert (age.feature, age.kind, age.present_share, age.distances) == ("age", "numeric", 0.75, [])
    assert age.mean == 40.0
    assert age.std_dev == pytest.approx((1400 / 3) ** 0.5)
    assert (age.min, age.median, age.max) == (20.0, 30.0, 70.0)
    assert (tags.present_share, tags.unique, tags.distances) == (0.75, 2, [drifted])
    assert tags.top == [("a", 0.75), ("b", 0.25)]
    # A key without a value is left out.
    assert json.loads(gone.text()) == {
        "feature": "gone",
        "kind": "categorical",
        "present_share": 0.0,
        "distances": [],
    }
