"""The parts of times in raw rows, as the explanation counts them: by the operations of Transform's graph."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from widedeep.components.explain.batch import Batch
from widedeep.components.features.spec import FeatureSpec


def test_buckets_of_the_parts_of_times() -> None:
    spec = FeatureSpec.model_validate(
        {
            "label": {"key": "y"},
            "features": [
                {
                    "key": "at",
                    "kind": "time",
                    "side": "context",
                    "zone": "Europe/Berlin",
                    "wide": True,
                    "parts": {"hour": {}, "age": {"since": "out", "transform": {"buckets": {"boundaries": [0, 3600]}}}},
                },
                {"key": "out", "kind": "time", "side": "candidate", "unit": "ms"},
            ],
        }
    )
    # 2024-02-29 18:30 and 2024-07-01 18:30, of UTC: 19:30 in winter, 20:30 in summer.
    at = [1_709_231_400.0, None, 1_719_858_600.0]
    out = [1_709_231_400_000.0 - 1, 0.0, 1_719_858_600_000.0 - 7_200_000]

    def halves(numbers: list[float | None]) -> tuple[list[list[float]], list[list[float]]]:
        narrow = [[] if number is None else [float(np.float32(number))] for number in numbers]
        rests = [[] if number is None else [number - float(np.float32(number))] for number in numbers]
        return narrow, rests

    columns = {"y": [[0], [1], [0]]}
    columns["at"], columns["at_rest"] = halves(at)
    columns["out"], columns["out_rest"] = halves(out)
    types = {name: pa.list_(pa.int64() if name == "y" else pa.float32()) for name in columns}
    records = pa.RecordBatch.from_pydict({name: pa.array(values, types[name]) for name, values in columns.items()})
    boundaries = {"at_hour": np.arange(1, 24, dtype=np.float32), "at_age": np.array([0, 3600], np.float32)}
    batch = Batch(records, spec, boundaries)
    hours = batch.values("at_hour")
    assert (hours.rows.tolist(), hours.codes.tolist()) == ([0, 2], [19, 20])
    assert hours.names[19] == b"[19, 20)"
    ages = batch.values("at_age")
    assert (ages.rows.tolist(), ages.codes.tolist()) == ([0, 2], [1, 2])
