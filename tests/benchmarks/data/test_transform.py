"""Beam's mode is the pipeline's own choice."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from benchmarks.data.transform import mode_of
from widedeep.pipeline.definition.beam_options import multi_processing_bytes


def test_beam_s_mode_is_the_one_that_the_pipeline_takes_for_the_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        with (tmp_path / split / "rows.parquet").open("wb") as file:
            file.truncate(math.ceil(multi_processing_bytes("parquet", 2)))
    assert mode_of(tmp_path, "auto") == "multi_processing"
    assert mode_of(tmp_path, "in_memory") == "in_memory"
    with (tmp_path / "train" / "rows.parquet").open("wb") as file:
        file.truncate(1)
    (tmp_path / "test" / "rows.parquet").unlink()
    assert mode_of(tmp_path, "auto") == "in_memory"
    assert mode_of(tmp_path, "multi_processing") == "multi_processing"
