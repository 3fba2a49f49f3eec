"""How the rows were written that a model was trained on: others for it may well be written so."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from widedeep.components.common.records import Record
from widedeep.components.ingest.csv_files.dialect import CsvDialect

# In ExampleGen's output.
ROW_FORMAT = "row_format.json"


class RowFormat(Record):
    """The form of raw files."""

    format: str = Field(description="as in `data` of pipeline.yaml")
    dialect: dict[str, Any] = Field({}, description="of text files, what is not as by default")

    @classmethod
    def of(cls, file_format: str, dialect: CsvDialect) -> Self:
        """Of files that are read."""
        return cls(format=file_format, dialect=dialect.model_dump(mode="json", exclude_defaults=True))
