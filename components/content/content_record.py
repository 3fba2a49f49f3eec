"""What an ingestion has read, in the file that it leaves beside the splits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from widedeep.components.common.records import Record

CONTENT = "content.json"


class RowSample(Record):
    """The different rows of a split, or those whose hash is lowest: equal rows have equal hashes, in any split."""

    limit: int = Field(description="the hash below which every different row is here")
    hashes: list[int] = Field(description="of the rows, rising")
    counts: list[int] = Field(description="how often each row occurs")


class ValueSample(Record):
    """The different values of a feature in a split, or those whose hash is lowest."""

    rows: int = Field(description="that have a value")
    values: int = Field(description="how many they have, of a set all its members; 0 of a number, whose are not kept")
    limit: int = Field(description="the hash below which every different value is here")
    counts: dict[str, int] = Field(description="how often each value occurs")


class SplitContent(Record):
    """What one split holds."""

    rows: int = Field(description="how many")
    sample: RowSample = Field(description="of the rows")
    features: dict[str, ValueSample] = Field(description="by feature")


# A time of a row, as a number and as the file writes it.
Time = Annotated[tuple[float, str], Field(strict=False)]


class FileContent(Record):
    """What one file holds."""

    path: str = Field(description="of the file")
    split: str = Field(description="that it was read for; where rows are spread over splits, 'all'")
    rows: int = Field(description="how many, with those that were drawn; a file without rows is left out")
    present: dict[str, int] = Field(description="rows that have a value, by feature")
    undeclared: list[str] = Field(description="columns that the declaration does not name")
    left_out: int = Field(0, description="further rows, which are earlier than the first split's start")
    keyless: int = Field(0, description="rows without the value by which rows are split; their content's hash told")
    first: Time | None = Field(None, description="the earliest time, where rows are split by it")
    last: Time | None = Field(None, description="the latest")
    labels: list[str] = Field([], description="of the values that are 1 by the label's rule those that rows have")
    positives: int = Field(0, description="rows of label 1, for which negatives were drawn")
    drawn: int = Field(0, description="rows of label 0 that were drawn for them, and are in no file")
    short: int = Field(0, description="rows of label 1 for which too few candidates were left")


class Content(Record):
    """What an ingestion has read."""

    by_hash: bool = Field(description="whether rows were spread over the splits by their hash")
    by_time: bool = Field(False, description="whether they were by their time")
    splits: dict[str, SplitContent] = Field(description="by name")
    files: list[FileContent] = Field(description="by path")
