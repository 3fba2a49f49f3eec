"""Whether worker processes are made ready before the first step, by what the run will do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from widedeep.components.common.process import forked_worker
from widedeep.pipeline.definition.beam_options import BeamOptions
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.data_options import DataOptions
from widedeep.pipeline.local.early_workers import start_workers_ahead


@pytest.mark.parametrize(
    ("beam", "pattern", "starts"),
    [
        (BeamOptions(mode="multi_processing"), "*.csv", [["widedeep.pipeline.definition.create"]]),
        (BeamOptions(mode="in_memory"), "*.csv", []),
        # It is small.
        (BeamOptions(), "*.csv", []),
        # The person's own option wins.
        (
            BeamOptions(options=("--direct_running_mode=multi_processing",)),
            "*.csv",
            [["widedeep.pipeline.definition.create"]],
        ),
        (BeamOptions(options=("--runner=FlinkRunner", "--flink_master=[local]")), "*.csv", []),
        # What is wrong is said by the step that checks it.
        (BeamOptions(mode="multi_processing"), "*.parquet", []),
    ],
)
def test_workers_are_made_ready_where_there_will_be_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beam: BeamOptions, pattern: str, starts: Sequence[Sequence[str]]
) -> None:
    (tmp_path / "a.csv").write_text("label\n1\n")
    started: list[Sequence[str]] = []
    monkeypatch.setattr(forked_worker.server, "start", started.append)
    data = DataOptions(path=str(tmp_path), format="csv", splits=dict.fromkeys(("train", "eval", "test"), pattern))
    start_workers_ahead(PipelineConfig(name="small", features="features.yaml", data=data, beam=beam))
    assert started == starts
