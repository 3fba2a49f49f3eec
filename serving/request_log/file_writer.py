"""What comes in becomes rows when there is enough of it, and rows a file, or after some time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from itertools import groupby

import pyarrow as pa

from widedeep.serving.request_log.answered import Answered
from widedeep.serving.request_log.log_files import LogFiles
from widedeep.serving.request_log.log_rows import table

# Of a file.
_ROWS = 50_000
# That are made at once: a request's cost is a third of what it is among ten.
_ROWS_AT_ONCE = 5_000


class FileWriter:
    """Writes the requests of one log. It belongs to one thread."""

    def __init__(
        self,
        files: LogFiles,
        left_out: Collection[str],
        seconds: float,
        *,
        written: Callable[[int], None],
        dropped: Callable[[int, str], None],
    ) -> None:
        """Nothing waits yet.

        Args:
            files: to write to.
            left_out: features whose values are not written.
            seconds: after which a file is written, if it is not full before.
            written: told how many requests were written.
            dropped: told how many were not, and why.
        """
        self._files, self._left_out, self._seconds = files, left_out, seconds
        self._written, self._dropped = written, dropped
        self._waiting: list[Answered] = []
        self._waiting_rows = 0
        self._tables: list[pa.Table] = []
        self._first: Answered | None = None
        self._requests = self._rows = 0
        self._until = time.monotonic() + seconds

    def add(self, answers: Iterable[Answered]) -> None:
        """Takes requests, and writes what is due."""
        for answered in answers:
            self._waiting.append(answered)
            self._waiting_rows += answered.scores.size
            if self._waiting_rows >= _ROWS_AT_ONCE:
                self._make_rows()
        if time.monotonic() >= self._until:
            self.flush()

    def flush(self) -> None:
        """Writes what waits."""
        self._make_rows()
        self._write()

    def _make_rows(self) -> None:
        answers, self._waiting, self._waiting_rows = self._waiting, [], 0
        # A file has the requests of one hour, to models of the same features.
        for _, alike in groupby(answers, lambda answered: (_hour(answered), id(answered.features))):
            self._add(list(alike))

    def _add(self, answers: list[Answered]) -> None:
        first = answers[0]
        if self._first and (self._first.features != first.features or _hour(self._first) != _hour(first)):
            self._write()
        requests = sum(len(answered.scores) for answered in answers)
        try:
            rows = table([entry for answered in answers for entry in answered.entries()], self._left_out)
        except Exception as error:
            self._failed(requests, error)
            return
        self._first = self._first or first
        self._tables.append(rows)
        self._requests += requests
        self._rows += rows.num_rows
        if self._rows >= _ROWS:
            self._write()

    def _write(self) -> None:
        requests, tables, first = self._requests, self._tables, self._first
        self._requests, self._rows, self._tables, self._first = 0, 0, [], None
        self._until = time.monotonic() + self._seconds
        if first is None:
            return
        if self._files.full:
            self._dropped(requests, "its folder holds as much as is allowed: move older days away")
            return
        try:
            self._files.write(pa.concat_tables(tables), first.seconds)
        except Exception as error:
            self._failed(requests, error)
            return
        self._written(requests)

    def _failed(self, requests: int, error: Exception) -> None:
        # Whatever it is, requests go on.
        self._dropped(requests, f"{type(error).__name__}: {error}")


def _hour(answered: Answered) -> int:
    return int(answered.seconds // 3600)
