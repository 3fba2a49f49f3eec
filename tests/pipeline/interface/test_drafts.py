"""A draft from Python is the command's, of files or of a DataFrame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import widedeep
from widedeep import ConfigError
from widedeep.pipeline.definition import config


@pytest.mark.usefixtures("forked_commands")
def test_a_frame_becomes_a_pipeline(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    rows = pd.DataFrame({"user": random.integers(50, size=600).astype(str), "age": random.normal(size=600)})
    rows["liked"] = (random.random(600) < 0.3).astype(int)
    pipeline = widedeep.init(rows, label="liked", out=tmp_path / "mine", context=["user", "age"])
    assert pipeline == tmp_path / "mine" / "pipeline.yaml"
    settings = config.load(pipeline)
    assert (settings.name, settings.data.format) == ("mine", "parquet")
    assert pd.read_parquet(tmp_path / "mine" / "data" / "rows.parquet").equals(rows)
    with pytest.raises(ConfigError, match="--force"):
        widedeep.init(tmp_path / "mine" / "data", label="liked", out=tmp_path / "mine")
