"""The log: requests are handed over without waiting, and written by a thread of their own."""

from __future__ import annotations

import atexit
import logging
import queue
import random
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from widedeep.components.common.errors import ConfigError
from widedeep.serving.client.signature import Features
from widedeep.serving.request_log.entry import Entry
from widedeep.serving.tensors import Array

# Seconds and rows after which a file is written. A crash loses what came since.
_SECONDS, _ROWS = 60.0, 50_000
# Requests that wait to be written at most; more are dropped rather than waited for.
_WAITING = 10_000
_TOLD_EVERY = 60.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counts:
    """What became of the requests that were chosen: written, or left out because the thread or the disk had no room."""

    written: int = 0
    dropped: int = 0


class RequestLog:
    """Writes a sample of all requests to Parquet files, by day. Threads and clients may share it.

    It never fails a request, and none waits for it: what can't be written is counted and told by a warning.
    """

    def __init__(
        self,
        folder: Path,
        *,
        share: float = 1.0,
        left_out: Collection[str] = (),
        most_mib: float = 10_240,
        seconds: float = _SECONDS,
    ) -> None:
        """Starts the thread.

        Args:
            folder: for log_day=2026-11-29/hour-13-....parquet and so on.
            share: of the requests, drawn at random: 0 to 1.
            left_out: features whose values are not written.
            most_mib: that all files in the folder may have; beyond, nothing more is written.
            seconds: after which a file is written, if it is not full before.

        Raises:
            ConfigError: an argument is wrong, the folder can't be used, or pyarrow is not installed.
        """
        if not 0 <= share <= 1:
            raise ConfigError(f"share {share:g}: give a part of all requests, from 0 to 1.")
        if not seconds > 0:
            raise ConfigError(f"seconds {seconds:g}: give more than 0.")
        try:
            from widedeep.serving.request_log.log_files import LogFiles
        except ModuleNotFoundError:
            raise ConfigError("a request log needs pyarrow: pip install 'widedeep-tfx[log]'.") from None
        try:
            self._files = LogFiles(folder, round(most_mib * 2**20))
        except OSError as error:
            raise ConfigError(f"{folder}: can't be used for a request log: {error.strerror}.") from None
        self._share, self._left_out, self._seconds = share, frozenset(left_out), seconds
        self._entries: queue.Queue[Entry | None] = queue.Queue(_WAITING)
        self._counts, self._lock, self._told = Counts(), threading.Lock(), -_TOLD_EVERY
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="request-log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def counts(self) -> Counts:
        """What became of the requests so far."""
        return self._counts

    def record(
        self,
        request: str,
        version: int | None,
        features: Features,
        tensors: Mapping[str, Array],
        scores: NDArray[np.float32],
    ) -> None:
        """Logs a request, if it is among those that are chosen.

        Args:
            request: its id.
            version: of the model.
            features: the model's.
            tensors: as they were sent; nobody may change them any more.
            scores: float32 [c], of the candidates in the order of the request.
        """
        if self._closed.is_set() or (self._share < 1 and random.random() >= self._share):  # noqa: S311
            return
        try:
            self._entries.put_nowait(Entry(time.time(), request, version, features, tensors, scores))
        except queue.Full:
            self._drop(1, "more requests come than can be written")

    def close(self) -> None:
        """Writes what waits, and ends."""
        if not self._closed.is_set():
            self._closed.set()
            self._entries.put(None)
            self._thread.join()
            atexit.unregister(self.close)

    def __enter__(self) -> RequestLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _work(self) -> None:
        waiting: list[Entry] = []
        rows, until = 0, time.monotonic() + self._seconds
        while True:
            try:
                entry = self._entries.get(timeout=max(0.0, until - time.monotonic()))
                ended = entry is None
            except queue.Empty:
                entry, ended = None, False
            if entry:
                # A file has the requests of one hour, to models of the same features.
                if waiting and (waiting[0].features != entry.features or _hour(waiting[0]) != _hour(entry)):
                    self._write(waiting)
                    waiting, rows = [], 0
                waiting.append(entry)
                rows += len(entry.scores)
                if rows < _ROWS and time.monotonic() < until:
                    continue
            if waiting:
                self._write(waiting)
            if ended:
                return
            waiting, rows, until = [], 0, time.monotonic() + self._seconds

    def _write(self, entries: list[Entry]) -> None:
        from widedeep.serving.request_log.log_rows import table

        if self._files.full:
            self._drop(len(entries), "its folder holds as much as is allowed: move older days away")
            return
        try:
            self._files.write(table(entries, self._left_out), entries[0].seconds)
        except Exception as error:
            # Whatever it is, requests go on.
            self._drop(len(entries), f"{type(error).__name__}: {error}")
            return
        with self._lock:
            self._counts = replace(self._counts, written=self._counts.written + len(entries))

    def _drop(self, number: int, why: str) -> None:
        with self._lock:
            self._counts = replace(self._counts, dropped=self._counts.dropped + number)
            if time.monotonic() - self._told < _TOLD_EVERY:
                return
            self._told = time.monotonic()
        log.warning("the request log has left out %d requests so far: %s", self._counts.dropped, why)


def _hour(entry: Entry) -> int:
    return int(entry.seconds // 3600)
