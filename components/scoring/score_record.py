"""What came of scoring, as `widedeep score --json` writes it."""

from __future__ import annotations

from pydantic import Field

from widedeep.components.common.records import Record
from widedeep.components.scoring.quality import Metric


class ScoreRecord(Record):
    """All that scoring tells of itself."""

    rows: int = Field(description="that were scored")
    aside: int = Field(description="that could not be scored, and were left out")
    unlabelled: int = Field(description="that were scored and have no label; 0 where labels were not read")
    absent: dict[str, int] = Field(description="optional columns by name, and how many files lack each")
    first_fault: str | None = Field(description="what is wrong with the first row that was left out")
    metrics: dict[str, Metric] = Field(description="by name; empty where labels were not read")
