"""What is written on the way: segments of a file's rows, each whole, that are put together in order when all are there.

A segment's name says of which file it is, its place in it, and how many rows it has: so whoever watches the folder sees
how far the work is, and a worker that does its share again replaces what it wrote before.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

_NAME = re.compile(r"(\d+)-(\d+)-(\d+)\.arrow")
_ASIDE = ".aside"


@dataclass(frozen=True, order=True)
class Segment:
    """A written segment: number of its file, and of the segment in it."""

    file: int
    number: int
    rows: int
    path: Path

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Its rows."""
        with pa.OSFile(str(self.path)) as source:
            yield from pa.ipc.open_stream(source)

    @property
    def schema(self) -> pa.Schema:
        """Of its rows."""
        with pa.OSFile(str(self.path)) as source:
            return pa.ipc.open_stream(source).schema


def segments(folder: Path) -> list[Segment]:
    """All that are written, in the order of their rows."""
    matches = [(path, _NAME.fullmatch(path.name)) for path in folder.iterdir()]
    return sorted(Segment(int(match[1]), int(match[2]), int(match[3]), path) for path, match in matches if match)


def rows_written(folder: Path) -> int:
    """How many rows the written segments have."""
    matches = (_NAME.fullmatch(name) for name in os.listdir(folder))
    return sum(int(match[3]) for match in matches if match)


def asides(folder: Path) -> list[Path]:
    """The files of lines that tell of rows that were left out, in the order of the rows."""
    return sorted(path for path in folder.iterdir() if path.suffix == _ASIDE)


class SegmentWriter:
    """Writes one segment: it is there, under its name, when the context ends well."""

    def __init__(self, folder: Path, file: int, number: int) -> None:
        self._folder, self._stem, self._rows = folder, f"{file:06d}-{number:08d}", 0
        self._draft = folder / f".{uuid.uuid4().hex}"
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._lines: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def write(self, batch: pa.RecordBatch, aside: Sequence[bytes]) -> None:
        """Appends rows, and lines that tell of those that were left out between them."""
        if self._writer is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._writer = pa.ipc.new_stream(str(self._draft), batch.schema, options=options)
        self._writer.write_batch(batch)
        self._rows += batch.num_rows
        self._lines += aside

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is None:
            return
        self._writer.close()
        if kind is not None:
            self._draft.unlink()
            return
        if self._lines:
            lines = self._draft.with_suffix(".lines")
            lines.write_bytes(b"".join(self._lines))
            os.replace(lines, self._folder / f"{self._stem}{_ASIDE}")
        os.replace(self._draft, self._folder / f"{self._stem}-{self._rows}.arrow")
