"""A draft of odd columns, from the file through our reader and Transform's graph on Beam."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata

from widedeep.components import features
from widedeep.components.features import schema as schemas
from widedeep.components.ingest import raw_files
from widedeep.components.transform.preprocessing import preprocessing_fn
from widedeep.pipeline.definition import config
from widedeep.pipeline.drafting.initialise import Request, draft_of
from widedeep.pipeline.drafting.output.folder import write_draft

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")
ROWS = 200
# By chance: what follows from a column would be a leak.
CLICKED = [random < 0.4 for random in np.random.default_rng(8).random(ROWS)]


def test_odd_columns_run_through_transform(tmp_path: Path):
    words = ["no", "null", "~", "größe", "日本", "#x", "a: b"]
    table = {
        "no": [words[row % 7] for row in range(ROWS)],
        "größe (cm)": [f"{150 + row * 7 % 50}.5" if row % 3 else "" for row in range(ROWS)],
        "2fa": ["on" if row % 2 else "" for row in range(ROWS)],
        "ids": [f"{row % 40:03d}" for row in range(ROWS)],
        "label": [f"{row * row % 97}" if row % 5 else "NA" for row in range(ROWS)],
        "tags": [";".join(f"t{row * part % 11}" for part in range(1, 2 + row % 3)) for row in range(ROWS)],
        "mass": [f"{row * 0.37:.3f}" for row in range(ROWS)],
        "peak": ["0" if row % 4 else f"{row}" for row in range(ROWS)],
        "y": ["True" if taken else "False" for taken in CLICKED],
    }
    path = tmp_path / "odd.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(table), *zip(*table.values(), strict=True)])
    out = tmp_path / "draft"
    write_draft(out, draft_of(Request(str(path), "y"), "odd", out, lambda *now: None).texts)

    settings, spec = config.load(out / "pipeline.yaml"), features.load(out / "features.yaml")
    assert set(spec.columns.values()) == set(table)
    batches = raw_files.read(str(path), settings.data.format, spec, dialect=settings.data.dialect)
    rows = [
        {key: values for key, values in row.items() if key in spec.columns and values is not None}
        for batch in batches
        for row in batch.to_pylist()
    ]
    assert sum(row[spec.label.key] == [1] for row in rows) == sum(CLICKED)
    metadata = dataset_metadata.DatasetMetadata(schemas.derive(spec))
    filled = [{key: row.get(key, []) for key in spec.columns} for row in rows]
    apply = partial(preprocessing_fn, custom_config={"features": features.to_json(spec)})
    with tft_beam.Context(temp_dir=str(tmp_path / "tmp")):
        (data, _), _ = (filled, metadata) | tft_beam.AnalyzeAndTransformDataset(apply)
    assert len(data) == ROWS
