"""The log's files: a folder a day, each file whole or not there at all, and no more in all than is allowed."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

DAY = "log_day"


class LogFiles:
    """The files of one log in a folder, which other logs may share."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        """Looks at what is there.

        Args:
            folder: of the days.
            most_bytes: that all files of the folder may have together.

        Raises:
            OSError: the folder can't be made or read.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._most = folder, most_bytes
        self._bytes = sum(path.stat().st_size for path in folder.glob(f"{DAY}=*/*.parquet"))

    @property
    def full(self) -> bool:
        """Whether no more is allowed."""
        return self._bytes >= self._most

    def write(self, rows: pa.Table, seconds: float) -> None:
        """Writes a file.

        Args:
            rows: of it.
            seconds: since 1970, which name its day and hour, in UTC.

        Raises:
            OSError: it can't be written; nothing is left of it.
        """
        when = datetime.fromtimestamp(seconds, UTC)
        day = self._folder / f"{DAY}={when:%Y-%m-%d}"
        day.mkdir(exist_ok=True)
        path = day / f"hour-{when:%H}-{when:%M%S}-{secrets.token_hex(4)}.parquet"
        # A name with a dot is no data to whoever reads the folder meanwhile.
        unfinished = path.with_name(f".{path.name}")
        try:
            _write(rows, unfinished)
            size = unfinished.stat().st_size
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        self._bytes += size


def _write(rows: pa.Table, path: Path) -> None:
    """Readers get texts and lists of texts, however `rows` has them coded."""
    # Dictionaries of numbers, which hardly repeat, and statistics, which nobody asks for, cost two fifths more each.
    coded = [
        f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name
        for field in rows.schema
        if not pa.types.is_primitive(field.type)
    ]
    options = {"use_dictionary": coded, "write_statistics": False, "store_schema": False}
    pq.write_table(rows, path, compression="lz4", **options)
