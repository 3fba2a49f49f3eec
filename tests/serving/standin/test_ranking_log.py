"""What the stand-in logs of `rank`: the rows as they were asked, whatever the transport and the number of requests."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from widedeep.serving.request_log import RequestLog


def rows(folder: Path) -> list[dict[str, Any]]:
    return [
        row for path in sorted(folder.rglob("*.parquet")) for row in pq.read_table(path, partitioning=None).to_pylist()
    ]


def test_each_request_and_candidate_is_a_row(serve: Any, small_models: Path, small_model: Any, tmp_path: Path) -> None:
    with RequestLog(tmp_path) as log:
        served = serve(small_models, request_log=log)
        two = {"color": ["red", ""], "x": [[0.0, 3.0], [1.0, math.nan]], "tags": [["a", ""], ["b", "c"]]}
        served.predict(two, "rank")
        # The x of one request alone; what is not named is missing.
        served.predict({"x": [[2.0, 1.0, 0.5]]}, "rank")
        served.predict({"x": [1.0]}, "predict_raw")
    assert log.counts.written == 3
    wanted = [
        ("red", 0.0, ["a"]),
        ("red", 3.0, ["a"]),
        (None, 1.0, ["b", "c"]),
        (None, None, ["b", "c"]),
        *((None, x, None) for x in (2.0, 1.0, 0.5)),
    ]
    logged = rows(tmp_path)
    assert [(row["color"], row["x"], row["tags"]) for row in logged] == wanted
    scores = [small_model.score(math.nan if x is None else x, color or "", tags or ()) for color, x, tags in wanted]
    assert [row["log_score"] for row in logged] == pytest.approx(scores)
    assert [row["log_rank"] for row in logged] == [2, 1, 1, 2, 1, 2, 3]
    assert len({row["log_request_id"] for row in logged}) == 3
    assert {row["log_model_version"] for row in logged} == {1}


def test_a_log_that_fails_fails_no_request(
    serve: Any, small_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RequestLog(tmp_path) as log:
        monkeypatch.setattr(log, "record", lambda *_: 1 / 0)
        served = serve(small_models, request_log=log)
        assert len(served.predict({"x": [[2.0, 1.0]]}, "rank").outputs["score"].float_val) == 2
