"""How much a model relies on each feature, as it is kept. (It needs no TensorFlow.)"""

from __future__ import annotations

from pydantic import Field

from widedeep.components.common.records import Number, Pair, Record


class FeatureImportance(Record):
    """What the model's metric loses where a feature's values are dealt out anew among the rows."""

    feature: str = Field(description="its key")
    loss: Number = Field(description="of the metric, turned so that more is worse; below 0 the metric gained")
    interval: Pair | None = Field(description="[low, high] of the loss; null where nobody knows")


class ImportanceRecord(Record):
    """Of every feature that the model uses, those that matter most first."""

    metric: str = Field(description="that is lost")
    rows: int = Field(description="on so many rows")
    all_rows: bool = Field(description="whether these are all of the split")
    features: list[FeatureImportance] = Field(description="each")
    left_out: str | None = Field(None, description="why none was measured, in words; null where they were")
