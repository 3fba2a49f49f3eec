"""What ingestion would record of some columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from widedeep.components.content.content_record import Content, FileContent
from widedeep.components.content.sketch import Sketch, SplitSketch
from widedeep.components.features import FeatureSpec
from widedeep.components.ingest.arrow_columns import column_kinds, narrowed, to_lists
from widedeep.components.ingest.example_shards import encode

Columns = dict[str, list[Any]]


def content(spec: FeatureSpec, splits: dict[str, Columns], by_hash: bool = False) -> Content:
    """A file a split."""
    whole = Sketch()
    for split, columns in splits.items():
        kinds = column_kinds(spec, labelled="label" in columns)
        arrays = [narrowed(to_lists(pa.array(columns[name]), kind, "|")) for name, kind in kinds.items()]
        batch = pa.RecordBatch.from_arrays(arrays, names=list(kinds))
        sketch = SplitSketch(spec)
        sketch.add(batch, list(encode(batch)))
        file = FileContent(path=f"{split}.csv", split=split, rows=batch.num_rows, present=sketch.present, undeclared=[])
        whole.merge(Sketch({split: sketch}, [file]))
    return whole.record(list(splits), by_hash)
