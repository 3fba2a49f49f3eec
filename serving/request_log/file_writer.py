"""What comes in becomes a file when there is enough of it, or after some time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable

import pyarrow as pa

from widedeep.serving.request_log.entry import Entry
from widedeep.serving.request_log.log_files import LogFiles
from widedeep.serving.request_log.log_rows import rows

# That wait for a file: rows that are made at once cost two thirds of what they do a tenth at a time.
_ROWS, _BYTES = 50_000, 64 * 2**20


class FileWriter:
    """Writes the requests of one log. It belongs to one thread."""

    def __init__(
        self,
        files: LogFiles,
        seconds: float,
        *,
        written: Callable[[int], None],
        dropped: Callable[[int, str], None],
    ) -> None:
        """Nothing waits yet.

        Args:
            files: to write to.
            seconds: after which a file is written, if it is not full before.
            written: told how many requests were written.
            dropped: told how many were not, and why.
        """
        self._files, self._seconds = files, seconds
        self._written, self._dropped = written, dropped
        self._waiting: list[Entry] = []
        self._rows = self._bytes = 0
        self._until = time.monotonic() + seconds

    def add(self, entries: Iterable[Entry]) -> None:
        """Takes requests, and writes what is due."""
        for entry in entries:
            self._waiting.append(entry)
            self._rows += entry.scores.size
            self._bytes += entry.size
            if self._rows >= _ROWS or self._bytes >= _BYTES:
                self.flush()
        if time.monotonic() >= self._until:
            self.flush()

    def flush(self) -> None:
        """Writes what waits."""
        # A file has the requests of one hour, to models of the same features.
        alike: dict[tuple[int, int], list[Entry]] = defaultdict(list)
        for entry in self._waiting:
            alike[int(entry.seconds // 3600), id(entry.features)].append(entry)
        self._waiting, self._rows, self._bytes = [], 0, 0
        self._until = time.monotonic() + self._seconds
        for entries in alike.values():
            self._write(entries)

    def _write(self, entries: list[Entry]) -> None:
        if self._files.full:
            self._dropped(_requests(entries), "its folder holds as much as is allowed: move older days away")
            return
        tables = self._tables(entries)
        requests = sum(number for number, _ in tables)
        try:
            if tables:
                self._files.write(pa.concat_tables(rows for _, rows in tables), entries[0].seconds)
        except Exception as error:
            self._failed(requests, error)
            return
        self._written(requests)

    def _tables(self, entries: list[Entry]) -> list[tuple[int, pa.Table]]:
        """Their rows, with the number of requests of these: one that can't be logged takes no other with it."""
        try:
            return [(_requests(entries), rows(entries))]
        except Exception as error:
            if len(entries) == 1:
                self._failed(_requests(entries), error)
                return []
            middle = len(entries) // 2
            return self._tables(entries[:middle]) + self._tables(entries[middle:])

    def _failed(self, requests: int, error: Exception) -> None:
        # Whatever it is, requests go on.
        self._dropped(requests, f"{type(error).__name__}: {error}")


def _requests(entries: list[Entry]) -> int:
    return sum(len(entry.scores) for entry in entries)
