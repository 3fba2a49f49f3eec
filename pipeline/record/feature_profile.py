"""A feature as the data has it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from widedeep.components.common.records import Number, SparseRecord
from widedeep.components.gate.gate_verdict import Distance


class FeatureProfile(SparseRecord):
    """One feature in the split that the model learned from; a key that its kind has not is left out."""

    feature: str = Field(description="its key")
    kind: str = Field(description="categorical, set, numeric or time")
    present_share: float = Field(description="share of the rows that have a value")
    mean: Number = Field(None, description="of a number")
    std_dev: Number = Field(None, description="of a number")
    min: Number = Field(None, description="of a number")
    median: Number = Field(None, description="of a number")
    max: Number = Field(None, description="of a number")
    unique: int | None = Field(None, description="of strings, how many different ones there are")
    top: list[Annotated[tuple[str, float], Field(strict=False)]] | None = Field(
        None, description="of strings, the most frequent ones: pairs of value and share of all values"
    )
    unseen: dict[str, float] | None = Field(
        None, description="of strings, the share of all values that train never had, by split; of many an estimate"
    )
    out_of_vocabulary: dict[str, float] | None = Field(
        None, description="the share of all values that share the out-of-vocabulary ids, by split; of many an estimate"
    )
    distances: list[Distance] = Field([], description="how far it drifted or is skewed, on any split")
